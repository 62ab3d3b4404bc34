"""Predictions to write and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

START = datetime(2013, 3, 1, tzinfo=UTC)
NUMBERS = tuple(f"inputs.n{i}" for i in range(16))
TEXTS = tuple(f"inputs.c{i}" for i in range(6))
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        ("event_time", pa.timestamp("us", "UTC")),
        *((name, pa.string()) for name in ("use_case", "version", "model")),
        *((name, pa.float64()) for name in NUMBERS),
        *((name, pa.string()) for name in TEXTS),
        ("outputs.label", pa.bool_()),
        ("outputs.probability.false", pa.float64()),
        ("outputs.probability.true", pa.float64()),
    ]
)


def row(number: int) -> dict[str, Any]:
    """One prediction, as the predictor has it."""
    at = START + timedelta(milliseconds=10 * number)
    return {
        "id": f"0198f7c2-5a1e-7c39-b1a4-{number:012x}",
        "time": at,
        "event_time": at,
        "use_case": "bench",
        "version": "1",
        "model": "5f" * 32,
        **{name: number * 0.37 + place for place, name in enumerate(NUMBERS)},
        **dict.fromkeys(TEXTS, f"v{number % 50}"),
        "outputs.label": True,
        "outputs.probability.false": 0.25,
        "outputs.probability.true": 0.75,
    }
