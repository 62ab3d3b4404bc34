"""One profile per column of a snapshot, with bounded memory and the same for the same rows."""

from __future__ import annotations

import math
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from components.analysis import scans
from components.analysis.distribution import Distribution
from components.analysis.rows import as_text
from components.contracts.reports import ColumnStatistics, Statistics, ValueCount

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from numpy.typing import NDArray

    from components.analysis.scans import Sketch
    from components.contracts.schema import ColumnType, TableSchema
    from components.contracts.sections import Analysis

SHARES = tuple(share / 20 for share in range(21))
"""0, 5, …, 100 %."""

NUMBERS = ("int64", "float64")
ORDERED = ("int64", "float64", "timestamp", "date")


def describe(source: ir.Table, schema: TableSchema, analysis: Analysis, snapshot: str) -> Statistics:
    """Profile the columns that the schema names and the table has.

    Every number is the same for the same rows, in any order and with any number of threads. Up to 20,000
    different values in a column everything is exact; beyond, `distinct` is off by some percent (HyperLogLog)
    and quantiles by at most a 4,000th of the range, or of the slot of the column they are in.

    Args:
        source: The rows.
        schema: What the columns should be; their types are taken as they are.
        analysis: How many bars and values are listed.
        snapshot: Address of the rows.
    """
    names = [name for name in schema.names() if name in source.columns]
    sketches = scans.sketch(source, names)
    rows = sketches[0].rows if sketches else int(source.count().to_pyarrow().as_py())
    columns = tuple(_profile(source, known, analysis) for known in sketches)
    return Statistics(snapshot=snapshot, rows=rows, columns=columns)


def _profile(source: ir.Table, known: Sketch, analysis: Analysis) -> ColumnStatistics:
    """The second scan: it counts values where they are few, and slots or heavy values where they are many."""
    found: dict[str, Any] = {"distinct": known.distinct}
    if known.counted and known.distinct <= scans.FEW:
        found = _of_few(scans.value_counts(source, known), known, analysis)
    elif known.counted and known.type in ORDERED:
        found |= {"other": known.counted} | _of_many(source, known, analysis)
    elif known.counted:
        found |= _listed(scans.heavy_values(source, known), known, analysis.top)
    return ColumnStatistics(
        name=known.name,
        type=known.type,
        rows=known.rows,
        nulls=known.nulls,
        non_finite=known.non_finite,
        **found,
    )


def _of_few(counts: pa.Table, known: Sketch, analysis: Analysis) -> dict[str, Any]:
    found = {"distinct": len(counts)} | _listed(counts, known, analysis.top)
    if known.type not in ORDERED:
        return found
    values, count = _numbers(counts["value"], known.type), counts["count"].to_numpy()
    if known.type in NUMBERS:
        found["zeros"] = int(count[values == 0].sum())
    return found | _summary(Distribution.of_values(values, count), known, analysis.bins)


def _of_many(source: ir.Table, known: Sketch, analysis: Analysis) -> dict[str, Any]:
    low, high, slots = scans.slots(source, known)
    mean = math.fsum(slot["position"] for slot in slots) / scans.UNIT / known.counted
    square = math.fsum(slot["square"] for slot in slots) / scans.UNIT / known.counted
    std = math.sqrt(max(square - mean**2, 0.0))
    fine = _uncrowded(source, known, slots)
    distribution = Distribution(
        low=np.array([slot["low"] for slot in fine]) + 0.0,
        high=np.array([slot["high"] for slot in fine]) + 0.0,
        count=np.array([slot["count"] for slot in fine], dtype=np.int64),
        mean=low * (1 - mean) + high * mean,
        std=std * high - std * low,
    )
    zeros = sum(slot.get("zeros", 0) for slot in slots) if known.type in NUMBERS else None
    return {"zeros": zeros} | _summary(distribution, known, analysis.bins)


def _uncrowded(source: ir.Table, known: Sketch, slots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The slots, those cut finer that hold many of the rows: a far extreme would leave all others in one."""
    for _ in range(scans.CUTS):
        crowded = [
            slot
            for slot in slots
            if slot["count"] > scans.CROWDED * known.counted and slot["low"] < slot["high"]
        ]
        if not crowded:
            break
        kept = [slot for slot in slots if slot not in crowded]
        slots = sorted([*kept, *scans.cut_again(source, known, crowded)], key=itemgetter("low"))
    return slots


def _listed(counts: pa.Table, known: Sketch, most: int) -> dict[str, Any]:
    """The most frequent values; of equally frequent ones the smaller first."""
    first = counts.sort_by([("count", "descending"), ("value", "ascending")]).slice(0, most).to_pylist()
    top = tuple(ValueCount(value=as_text(row["value"], known.type), count=row["count"]) for row in first)
    return {"top": top, "other": known.counted - sum(value.count for value in top)}


def _summary(distribution: Distribution, known: Sketch, bars: int) -> dict[str, Any]:
    return {
        "min": float(distribution.low[0]),
        "max": float(distribution.high[-1]),
        "mean": distribution.mean,
        "std": distribution.std,
        "quantiles": distribution.quantiles(SHARES),
        "histogram": distribution.histogram(bars, whole=known.type == "int64"),
    }


def _numbers(values: pa.ChunkedArray, kind: ColumnType) -> NDArray[np.float64]:
    import pyarrow as pa

    if kind == "date":
        return np.asarray(values.cast(pa.int32()).to_numpy() * 86_400.0)
    if kind == "timestamp":
        return np.asarray(values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64()).to_numpy() / 1e6)
    return np.asarray(values.to_numpy(), dtype=np.float64)
