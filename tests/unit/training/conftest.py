"""Small tables with something to learn, and training on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from components.contracts.schema import Column, TableSchema
from components.contracts.sections import Features, Preparation, Table, Training
from components.training.trainer import Trained, train

SCHEMA = TableSchema(
    columns=(
        Column(name="at", type="timestamp"),
        Column(name="size", type="float64"),
        Column(name="shop", type="string"),
        Column(name="y", type="string", environments=("training",)),
    )
)
PREPARATION = Preparation(
    features=Features(numeric=("size",), categorical=("shop",), calendar=("at",), min_frequency=1)
)
LABELS: dict[str, Callable[[np.ndarray], Any]] = {
    "boolean": lambda z: z > 0,
    "text": lambda z: np.where(z > 0, "good", "bad"),
    "integer": lambda z: np.where(z > 0, 7, 3),
    "three": lambda z: np.array(["low", "mid", "top"])[np.digitize(z, [-0.5, 0.5])],
    "rare": lambda z: z > np.quantile(z, 0.99),
    "number": lambda z: 100 + 10 * z,
}


def make_rows(label: str, n: int = 300, seed: int = 0) -> pa.Table:
    """n rows in order of time; the label follows size, and a little the shop."""
    random = np.random.default_rng(seed)
    size = random.normal(size=n)
    shop = random.integers(0, 4, size=n)
    z = size + 0.3 * shop - 0.45 + 0.1 * random.normal(size=n)
    return pa.table(
        {
            "at": pa.array(np.arange(n) * 3_600_000_000).cast(pa.timestamp("us", "UTC")),
            "size": pa.array(size, mask=np.arange(n) % 17 == 0),
            "shop": [f"s{code}" for code in shop],
            "y": LABELS[label](z),
        }
    )


def make_trained(
    rows: pa.Table, task: str = "classification", validation: int = 60, **training: Any
) -> Trained:
    """Training on all but the last rows, with those to choose the threshold on."""
    table = Table(task=task, label="y", event_time="at")
    section = Training(**{"search": None, **training})
    split = len(rows) - validation
    return train(rows[:split], rows[split:], table, SCHEMA, PREPARATION, section, snapshot="digest", jobs=2)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Predictions of small batches are faster so, above all beside other work."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def rows() -> Callable[..., pa.Table]:
    return make_rows


@pytest.fixture(scope="session")
def trained() -> Callable[..., Trained]:
    return make_trained
