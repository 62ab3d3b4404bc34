"""Held-out rows and model folders, small and real."""

from datetime import UTC, datetime
from itertools import count

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.model import ModelManifest, inputs_of
from components.contracts.schema import Column, TableSchema
from components.contracts.sections import Evaluation, Features, Preparation, Table
from components.evaluation.contenders import meet
from components.evaluation.report import assess
from components.preparation.features import to_frame
from components.stores.models import Model, write_model
from components.training.algorithms import pipeline

FEATURES = Features(numeric=("size",), categorical=("shop",), min_frequency=1)
SCHEMA = TableSchema(
    columns=(Column(name="size", type="float64", nullable=True), Column(name="shop", type="string"))
)

LABELS = {
    "boolean": lambda z: z > 0,
    "text": lambda z: np.where(z > 0, "good", "bad"),
    "integer": lambda z: np.where(z > 0, 7, 3),
    "three": lambda z: np.array(["low", "mid", "top"])[np.digitize(z, [-0.5, 0.5])],
    "number": lambda z: 100 + 10 * z,
}


def rows_of(kind="boolean", rows=240, seed=0):
    """Rows at every second hour of 2013, whose label follows size."""
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    start = np.datetime64("2013-01-01", "us").astype(np.int64)
    return pa.table(
        {
            "at": pa.array(start + np.arange(rows) * 7_200_000_000).cast(pa.timestamp("us", "UTC")),
            "size": size,
            "shop": random.choice(["north", "south", "east"], size=rows),
            "y": LABELS[kind](size + random.normal(scale=0.5, size=rows)),
        }
    )


@pytest.fixture
def make_rows():
    """Makes held-out rows."""
    return rows_of


@pytest.fixture
def make_model(tmp_path):
    """Fits a model, writes its folder and gives the path; `harm` is done to what was fitted."""

    def make(
        name,
        algorithm="linear",
        kind="boolean",
        seed=1,
        features=FEATURES,
        harm=lambda fitted: None,
        **manifest,
    ):
        rows = rows_of(kind, seed=seed)
        inputs = inputs_of(features, SCHEMA)
        task = "regression" if kind == "number" else "classification"
        classes = () if kind == "number" else tuple(sorted(set(rows["y"].to_pylist())))
        target = (
            rows["y"].to_numpy() if kind == "number" else [classes.index(y) for y in rows["y"].to_pylist()]
        )
        fitted = pipeline(algorithm, {}, task, features, inputs, 0, 1).fit(to_frame(rows, inputs), target)
        harm(fitted)
        two = {"positive": classes[1], "threshold": 0.5} if len(classes) == 2 else {}
        said = {
            "task": task,
            "label": "y",
            "classes": classes,
            "inputs": inputs,
            "algorithm": algorithm,
            "snapshot": "s",
            "trained_until": datetime(2012, 12, 31, tzinfo=UTC),
        }
        write_model(Model(ModelManifest(**{**said, **two, **manifest}), fitted), tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def evaluated(make_rows, make_model):
    """Evaluates a candidate on held-out rows, beside a prior and, when there is one, a champion."""

    def run(
        kind="boolean",
        champion="",
        rows=None,
        features=FEATURES,
        table=None,
        split=None,
        harm=lambda fitted: None,
        **evaluation,
    ):
        rows = make_rows(kind) if rows is None else rows
        candidate = make_model("candidate", kind=kind, features=features, harm=harm)
        baseline = make_model("baseline", "prior", kind, features=features)
        contenders = meet(candidate, baseline, str(champion), rows)
        task = "regression" if kind == "number" else "classification"
        section = Evaluation(**{"bootstrap": {"resamples": 100}, "importance_rows": 50, **evaluation})
        preparation = Preparation(features=features, split={"by": split})
        table = table or Table(task=task, label="y", event_time="at")
        return assess(rows, contenders, table, preparation, section, clock=count(0, 0.001).__next__, calls=3)

    return run
