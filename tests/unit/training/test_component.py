"""Preparation and training as the pipeline calls them, on a real snapshot."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from kfp.dsl import Artifact, Dataset, Model

from components.contracts.reports import PreparationReport, TrainingReport
from components.preparation.component import prepare
from components.stores import snapshots
from components.stores.models import digest, read_model
from components.training.component import train

TABLE = {"task": "classification", "label": "y", "event_time": "at", "key": ["at"]}
SCHEMA = {
    "columns": [
        {"name": "at", "type": "timestamp"},
        {"name": "size", "type": "float64", "nullable": True},
        {"name": "shop", "type": "string"},
        {"name": "y", "type": "string", "environments": ["training"]},
    ]
}
PREPARATION = {
    "features": {"numeric": ["size"], "categorical": ["shop"]},
    "leakage": {"max_single_score": 1.0},
}


@pytest.fixture
def snapshot(rows, tmp_path) -> str:
    return snapshots.write(rows("text").to_reader(), str(tmp_path / "store")).uri


def run(snapshot: str, folder: Path) -> Path:
    """Both steps, their artifacts in a folder."""
    folder.mkdir()
    parts = {name: Dataset(uri=str(folder / name)) for name in ("train", "validation", "test")}
    prepare.python_func(
        snapshot, TABLE, SCHEMA, PREPARATION, **parts, report=Artifact(uri=str(folder / "preparation.json"))
    )
    train.python_func(
        snapshot,
        TABLE,
        SCHEMA,
        PREPARATION,
        {"algorithms": ["linear"], "search": {"candidates": 2.0}},
        views=[],
        training_rows=parts["train"],
        validation_rows=parts["validation"],
        model=Model(uri=str(folder / "model")),
        baseline=Model(uri=str(folder / "baseline")),
        report=Artifact(uri=str(folder / "training.json")),
    )
    return folder


def test_each_step_leaves_what_the_next_one_reads(snapshot, tmp_path):
    made = run(snapshot, tmp_path / "run")

    prepared = PreparationReport.read(made / "preparation.json")
    trained = TrainingReport.read(made / "training.json")
    test = pq.read_table(made / "test")
    assert (prepared.train.rows, prepared.validation.rows, test.num_rows) == (195, 45, 60)
    assert test.column_names == [column["name"] for column in SCHEMA["columns"]]
    assert (trained.rows, trained.model_digest) == (240, digest(made / "model"))
    assert trained.baseline_digest == digest(made / "baseline")
    assert trained.peak_memory_mb > 10
    assert read_model(made / "model").manifest.snapshot == Path(snapshot).name
    assert set(read_model(made / "model").predict(test)) == {"good", "bad"}


def test_the_same_snapshot_gives_the_same_bytes(snapshot, tmp_path):
    first, second = run(snapshot, tmp_path / "one"), run(snapshot, tmp_path / "two")

    for name in ("train", "validation", "test", "preparation.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert digest(first / "model") == digest(second / "model")
