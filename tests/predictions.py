"""Predictions of a small model, as the predictor logs them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.model import Input, ModelManifest
from components.contracts.prediction import log_schema
from components.contracts.schema import Column
from components.stores.served import read_predictions
from components.stores.shipping import Pace

NINE = datetime(2013, 3, 1, 9, 30, tzinfo=UTC)
MANIFEST = ModelManifest(
    task="classification",
    label="sold",
    classes=(False, True),
    positive=True,
    threshold=0.5,
    inputs=(
        Input(name="size", type="float64", treatment="numeric"),
        Input(name="colour", type="string", treatment="categorical"),
    ),
    algorithm="linear",
    snapshot="s",
)
SCHEMA = log_schema(MANIFEST, [Column(name="shop", type="int64")], "boolean")
QUICK = Pace(tick=0.02, first=0.05, longest=0.2, adoption=0.05)


def prediction(name: str, at: datetime = NINE, **changes: Any) -> dict[str, Any]:
    """One prediction."""
    known = {
        "id": name,
        "time": at,
        "event_time": at,
        "use_case": "shop",
        "version": "1",
        "model": "m1",
        "keys.shop": 7,
        "inputs.size": 0.1,
        "inputs.colour": "red",
        "outputs.label": True,
        "outputs.probability.false": 0.25,
        "outputs.probability.true": 0.75,
    }
    return {**known, **changes}


def predictions(prefix: str, count: int, at: datetime = NINE, **changes: Any) -> list[dict[str, Any]]:
    """Some predictions, named `PREFIX-0` and so on."""
    return [prediction(f"{prefix}-{number}", at, **changes) for number in range(count)]


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Predictions as the predictor hands over many."""
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def read(
    place: str | Path, start: datetime = NINE - timedelta(hours=1), hours: int = 3
) -> list[dict[str, Any]]:
    """What the log holds, in order of the ids."""
    table = read_predictions(str(place), "shop", start, start + timedelta(hours=hours))
    return sorted(table.to_pyarrow().to_pylist(), key=lambda row: row["id"])


def stored_ids(place: str | Path) -> list[str]:
    """Every id in the place as often as it is there."""
    files = sorted(Path(place).rglob("*.parquet"))
    return sorted(name for file in files for name in pq.read_table(file)["id"].to_pylist())


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
