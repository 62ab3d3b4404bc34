"""A window scored by the model that serves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline

from components.contracts.errors import DataError, StoreError
from components.contracts.model import Input, ModelManifest
from components.contracts.prediction import log_schema
from components.contracts.schema import TableSchema
from components.contracts.scoring import ScoringReport
from components.contracts.sections import Table
from components.prediction.chosen import chosen
from components.prediction.rows import Origin
from components.prediction.scoring import REPORT, score
from components.stores import snapshots
from components.stores.models import Model, digest, read_model, write_model
from components.stores.registry import Registry
from tests.builders import header

AS_OF = datetime(2013, 3, 1, tzinfo=UTC)
SALES = Table(task="classification", label="sold", event_time="at", key=("id",))
SCHEMA = TableSchema.model_validate(
    {
        "columns": [
            {"name": "at", "type": "timestamp"},
            {"name": "id", "type": "int64"},
            {"name": "size", "type": "float64"},
            {"name": "sold", "type": "boolean", "environments": ["training"]},
        ]
    }
)
SIZE = Input(name="size", type="float64", treatment="numeric")


def trained(folder: Path, classes: tuple = (False, True)) -> str:
    """A model that was fitted on a few sizes; where it is."""
    sizes = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0]})
    estimator = (
        LogisticRegression().fit(sizes, [0, 0, 1, 1])
        if classes
        else LinearRegression().fit(sizes, sizes["size"])
    )
    told = {"task": "classification", "classes": classes, "positive": True, "threshold": 0.5}
    manifest = ModelManifest(
        **(told if classes else {"task": "regression"}),
        label="sold",
        inputs=(SIZE,),
        algorithm="linear",
        snapshot="s",
    )
    write_model(Model(manifest, Pipeline([("model", estimator)])), folder)
    return str(folder)


def kept(tmp_path: Path, count: int = 200_000, **columns) -> str:
    """A snapshot of rows of growing size, without labels."""
    at = np.datetime64("2013-02-01", "us") + np.arange(count)
    table = pa.table(
        {
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "id": np.arange(count),
            "size": np.linspace(0, 5, count),
            **columns,
        }
    )
    return snapshots.write(table.to_reader(), str(tmp_path / "store")).uri


def scored(
    tmp_path: Path, snapshot: str, model: str, table: Table = SALES, run: str = "r1"
) -> tuple[ScoringReport, pa.Table]:
    origin = Origin("shop", "3", digest(model), AS_OF)
    report = score(snapshot, model, origin, table, SCHEMA, str(tmp_path / "scores" / run))
    return report, pq.read_table(report.predictions)


def test_every_row_is_scored_as_the_model_scores_it(tmp_path):
    model, snapshot = trained(tmp_path / "model"), kept(tmp_path)
    report, found = scored(tmp_path, snapshot, model)
    loaded, rows = read_model(model), snapshots.read(snapshot)

    assert report.rows == found.num_rows == 200_000
    assert found["outputs.probability.true"].to_numpy().tolist() == loaded.positive_scores(rows).tolist()
    assert found["outputs.label"].to_pylist() == loaded.predict(rows).tolist()
    assert report.outcomes == {"False": 100_000, "True": 100_000}


def test_rows_are_as_the_prediction_log_has_them(tmp_path):
    model = trained(tmp_path / "model")
    report, found = scored(tmp_path, kept(tmp_path, 3), model)

    assert found.schema == log_schema(read_model(model).manifest, SCHEMA.select(["id"]), "boolean")
    row = found.to_pylist()[1]
    assert (row["use_case"], row["version"], row["model"]) == ("shop", "3", digest(model))
    assert (row["keys.id"], row["inputs.size"], row["time"]) == (1, 2.5, AS_OF)
    assert row["event_time"] == datetime(2013, 2, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert ScoringReport.read(tmp_path / "scores" / "r1" / REPORT) == report


def test_a_row_keeps_its_id_when_it_is_scored_again(tmp_path):
    model = trained(tmp_path / "model")
    first, again = (scored(tmp_path, kept(tmp_path, 100 + n), model, run=f"r{n}")[1] for n in range(2))

    assert again["id"].to_pylist()[:100] == first["id"].to_pylist()
    assert len(set(again["id"].to_pylist())) == 101


def test_rows_without_a_key_are_named_by_their_place(tmp_path):
    model, snapshot = trained(tmp_path / "model"), kept(tmp_path, 200_000)
    keyless = Table(task="classification", label="sold")
    _, found = scored(tmp_path, snapshot, model, keyless)

    assert len(set(found["id"].to_pylist())) == 200_000
    assert set(found["event_time"].to_pylist()[:5]) == {AS_OF}


def test_a_regression_predicts_numbers(tmp_path):
    report, found = scored(tmp_path, kept(tmp_path, 11), trained(tmp_path / "model", ()))

    assert found["outputs.value"].to_pylist() == pytest.approx(np.linspace(0, 5, 11).tolist())
    assert (report.outcomes, report.mean) == ({}, pytest.approx(2.5))


def test_rows_that_do_not_fit_the_model_are_refused(tmp_path):
    snapshot = snapshots.write(pa.table({"at": [AS_OF], "id": [1]}).to_reader(), str(tmp_path / "store")).uri

    with pytest.raises(DataError, match="'size' is missing"):
        scored(tmp_path, snapshot, trained(tmp_path / "model"))
    assert not (tmp_path / "scores").exists()


def test_the_champion_scores_unless_a_version_is_asked_for(runs):
    registry = Registry(runs, "shop")
    with pytest.raises(StoreError, match=r"shop has no champion yet; train one with `evergreen run shop`"):
        chosen(registry, "")

    run = runs.open(header("r1"))
    versions = [registry.register(f"/models/{name}", run, {}) for name in "ab"]
    registry.promote(versions[0], standing="")

    assert [chosen(registry, number).digest for number in ("", "2")] == ["a", "b"]
    with pytest.raises(StoreError, match="shop has no version 7"):
        chosen(registry, "7")
