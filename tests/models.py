"""Small models with every kind of column, fitted and written as the pipeline does it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from components.contracts.schema import TableSchema
from components.contracts.sections import Features, Preparation, Table, Training
from components.stores.models import Model, write_model
from components.training.trainer import train

ROWS = 900
COLUMNS = [
    {"name": "id", "type": "int64"},
    {"name": "at", "type": "timestamp"},
    {"name": "price", "type": "float64", "nullable": True, "min": -500, "max": 500},
    {"name": "count", "type": "int64"},
    {"name": "new", "type": "boolean"},
    {"name": "shop", "type": "string", "nullable": True, "domain": [f"s{i}" for i in range(9)]},
    {"name": "grade", "type": "int64"},
    {"name": "seen", "type": "timestamp", "nullable": True},
    {"name": "day", "type": "date"},
    {"name": "late", "type": "boolean"},
    {"name": "kind", "type": "string"},
    {"name": "cost", "type": "float64"},
]
FEATURES = Features(
    numeric=("price", "count", "new"),
    categorical=("shop", "grade"),
    calendar=("seen", "day"),
    min_frequency=30,
)
ROW = {
    "price": 12.5,
    "count": 3,
    "new": True,
    "shop": "s1",
    "grade": 2,
    "seen": "2024-03-01T06:00:00Z",
    "day": "2024-03-01",
}
"""A row as a caller sends it."""
FEW = {"gradient-boosting": {"max_iter": 20}, "forest": {"n_estimators": 10}}


def schema() -> TableSchema:
    """What the rows look like."""
    return TableSchema.model_validate({"columns": COLUMNS})


@cache
def rows(count: int = ROWS) -> pa.Table:
    """Rows with something to learn, with gaps, and with categories of all frequencies."""
    random = np.random.default_rng(0)
    price, number = random.normal(0, 100, count), random.integers(0, 9, count)
    shop = np.minimum(random.exponential(2, count).astype(int), 8)
    signal = price + 40 * shop + random.normal(0, 50, count)
    hours = np.arange(count) * 3_600_000_000
    holes = random.random(count) < 0.1
    values: dict[str, Any] = {
        "id": np.arange(count),
        "at": pa.array(hours).cast(pa.timestamp("us", "UTC")),
        "price": pa.array(price, mask=holes),
        "count": number,
        "new": number % 2 == 0,
        "shop": pa.array([f"s{i}" for i in shop], mask=np.roll(holes, 1)),
        "grade": random.integers(0, 5, count),
        "seen": pa.array(hours * 7, mask=np.roll(holes, 2)).cast(pa.timestamp("us", "UTC")),
        "day": pa.array(np.arange(count, dtype=np.int32)).cast(pa.date32()),
        "late": signal > 60,
        "kind": np.array(["low", "mid", "top"])[np.digitize(signal, [0, 120])],
        "cost": signal,
    }
    return pa.table(values)


@cache
def model(label: str = "late", algorithm: str = "gradient-boosting", snapshot: str = "abc") -> Model:
    """A model of `late` (two classes), `kind` (three) or `cost` (a number)."""
    task = "regression" if label == "cost" else "classification"
    some, few = rows().slice(0, 700), rows().slice(700)
    return train(
        some,
        few,
        Table(task=task, label=label, event_time="at", key=("id",)),
        schema(),
        Preparation(features=FEATURES),
        Training(algorithms=(algorithm,), search=None, parameters=FEW),
        snapshot=snapshot,
        jobs=1,
    ).model


def written(
    folder: Path, label: str = "late", algorithm: str = "gradient-boosting", snapshot: str = "abc"
) -> Path:
    """The folder of a model, named by its digest."""
    staged = folder / "staged"
    digest = write_model(model(label, algorithm, snapshot), staged)
    return staged.rename(folder / digest)


def key_pair(place: Path) -> tuple[Path, Path]:
    """An elliptic-curve key, and its public half beside it."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = place.with_suffix(".pub")
    plain = serialization.NoEncryption()
    place.write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    public.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return place, public
