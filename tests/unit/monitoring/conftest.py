"""Served rows and references with the least that is valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from components.analysis.statistics import describe
from components.contracts.monitoring import CollectionReport
from components.contracts.schema import TableSchema
from components.contracts.sections import Analysis
from components.monitoring.drift import Watched
from components.monitoring.tally import Bins, day_of, tally
from components.stores.databases import engine

FIRST = datetime(2013, 1, 1, tzinfo=UTC)
COLUMNS = TableSchema.model_validate(
    {
        "columns": [
            {"name": "inputs.size", "type": "float64", "nullable": True},
            {"name": "inputs.colour", "type": "string", "nullable": True},
        ]
    }
)
DAILY = 200


def served(days: int = 30, start: int = 0, seed: int = 0, **changes) -> pa.Table:
    """Rows of some days: sizes around 10, three colours, and a size of the day that all its rows share."""
    random = np.random.default_rng([seed, start])
    rows = days * DAILY
    day = np.repeat(np.arange(days), DAILY)
    columns = {
        "event_time": pa.array(
            [FIRST + timedelta(days=start + int(one), minutes=int(at) % DAILY) for at, one in enumerate(day)],
            pa.timestamp("us", "UTC"),
        ),
        "inputs.size": random.normal(10, 2, rows) + random.normal(0, 1, days)[day],
        "inputs.colour": random.choice(["red", "green", "blue"], rows, p=[0.5, 0.3, 0.2]),
        **changes,
    }
    return pa.table(columns)


def open_table(rows: pa.Table):
    """The rows as an Ibis table."""
    connection = engine()
    connection.con.register("rows", rows)
    return connection.table("rows")


def watched(before: pa.Table, now: pa.Table, limit: float = 0.2) -> list[Watched]:
    """Both columns, by day."""
    reference, current = open_table(before), open_table(now)
    statistics = describe(reference, COLUMNS, Analysis(top=200), "reference")
    bins = [Bins.of(column) for column in statistics.columns]
    first = tally(reference, bins, day_of(reference["event_time"]))
    second = tally(current, bins, day_of(current["event_time"]))
    return [Watched("input", first[one.column], second[one.column], limit, {}) for one in bins]


def collection(days: int = 30, start: int = 60, **changes) -> CollectionReport:
    """What was collected in a window that is whole."""
    begins = FIRST + timedelta(days=start)
    rows = days * DAILY
    return CollectionReport.model_validate(
        {
            "use_case": "shop",
            "start": begins,
            "end": begins + timedelta(days=days),
            "version": "1",
            "model": "m",
            "rows": rows,
            "days": days,
            "expected": rows,
            "labelled": rows,
            "recent_expected": rows // 4,
            "recent_labelled": rows // 4,
            **changes,
        }
    )
