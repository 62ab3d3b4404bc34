"""What is asked of the engine: counts and extremes only.

Counts and extremes are the same whatever the order of the rows and the number of threads; sums of floating
point numbers and the usual quantile sketches are not. Two light scans of each column stand in for one heavy
one: the first tells how many different values there are, the second counts every value where they are few
and slots of values where they are many (docs/decisions/0004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from components.analysis.rows import as_number, finite, type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pyarrow as pa

    from components.contracts.schema import ColumnType

FEW = 20_000
"""Up to this many different values each is counted on its own."""

SLOTS = 4000
"""Slots of equal width that a column of many different numbers is cut into; most histograms have a divisor of it."""

CROWDED = 0.05
"""A slot that holds more than this share of the rows is cut again."""

CUTS = 3
"""How often a slot is cut again at most."""

HEAVY = 0.001
"""Of many different texts, those that at least this share of the rows have are listed."""

BUCKETS = 65_536
"""Texts are counted in this many buckets to find the heavy ones."""

UNIT = 2.0**52
"""Positions in [0, 1] are summed as integers of this unit, so that the sum is exact in any order."""


@dataclass(frozen=True)
class Sketch:
    """What the first scan tells of a column. Counts are rows."""

    name: str
    type: ColumnType
    rows: int
    nulls: int
    non_finite: int
    distinct: int

    @property
    def counted(self) -> int:
        """Rows with a finite value."""
        return self.rows - self.nulls - self.non_finite


def sketch(source: ir.Table, names: Sequence[str]) -> tuple[Sketch, ...]:
    """One scan of all columns: nulls, and how many different values there are, give or take some percent."""
    asked = {"rows": source.count()}
    for place, name in enumerate(names):
        column = source[name]
        asked |= {f"filled{place}": column.count(), f"distinct{place}": column.approx_nunique()}
        if column.type().is_floating():
            asked[f"strange{place}"] = (column.isnan() | column.isinf()).sum()
    row = source.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return tuple(
        Sketch(
            name=name,
            type=type_of(source[name]),
            rows=row["rows"],
            nulls=row["rows"] - row[f"filled{place}"],
            non_finite=row.get(f"strange{place}") or 0,
            distinct=row[f"distinct{place}"],
        )
        for place, name in enumerate(names)
    )


def value_counts(source: ir.Table, known: Sketch) -> pa.Table:
    """Every finite value and its count, as `value` and `count`, in the order of the values."""
    column = source[known.name]
    values = source.select(value=finite(column) if known.non_finite else column)
    return _sorted(values.group_by("value").aggregate(count=_.count()).to_pyarrow())


def heavy_values(source: ir.Table, known: Sketch) -> pa.Table:
    """The values that many rows have, as `value_counts` lists them.

    A value is counted only if its bucket (of a hash) holds as many rows as it would need, so memory does not
    grow with the number of values.
    """
    least = max(2, known.rows * HEAVY)
    column = source[known.name]
    table = source.select(value=column, bucket=column.hash() & (BUCKETS - 1)).filter(_.value.notnull())
    sizes = table.group_by("bucket").aggregate(count=_.count()).filter(_["count"] >= least)
    crowded = table.filter(_.bucket.isin(sizes.to_pyarrow()["bucket"].to_pylist()))
    counts = crowded.group_by("value").aggregate(count=_.count()).filter(_["count"] >= least)
    return _sorted(counts.to_pyarrow())


def _sorted(counts: pa.Table) -> pa.Table:
    return counts.filter(counts["value"].is_valid()).sort_by("value")


def slots(source: ir.Table, known: Sketch) -> tuple[float, float, list[dict[str, Any]]]:
    """A column of many different numbers, cut into slots of equal width between its extremes.

    Returns:
        The extremes, and for each slot that is not empty: `count`, the `low`est and `high`est value in it,
        `position` and `square`, the sums of (value - low) / (high - low) and of its square in units of
        1 / UNIT, and `zeros` where there can be any.
    """
    table = _numbers(source, known)
    extremes = table.aggregate(low=_.value.min(), high=_.value.max()).to_pyarrow().to_pylist()[0]
    low, high = extremes["low"], extremes["high"]
    placed = table.mutate(position=_position(table.value, low, high))
    cut = placed.mutate(slot=(_.position * SLOTS).floor())
    sums = {
        "position": (_.position * UNIT).cast("int64").sum().cast("float64"),
        "square": (_.position * _.position * UNIT).cast("int64").sum().cast("float64"),
    }
    if low <= 0 <= high:
        sums["zeros"] = (_.value == 0).sum()
    return low, high, _slotted(cut, **sums)


def cut_again(source: ir.Table, known: Sketch, crowded: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of some slots, each slot cut between its own extremes; only `count`, `low` and `high`."""
    table = _numbers(source, known)
    places = [
        (
            table.value.between(slot["low"], slot["high"]),
            (_position(table.value, slot["low"], slot["high"]) * (SLOTS - 1)).floor() + place * SLOTS,
        )
        for place, slot in enumerate(crowded)
    ]
    return _slotted(table.mutate(slot=ibis.cases(*places)).filter(_.slot.notnull()))


def _numbers(source: ir.Table, known: Sketch) -> ir.Table:
    column = source[known.name]
    table = source.select(value=as_number(finite(column) if known.non_finite else column))
    return table.filter(_.value.notnull())


def _position(value: ir.Column, low: float, high: float) -> ir.Column:
    # Halves, so that the difference of the largest floats is finite.
    return (value * 0.5 - low * 0.5) / (high * 0.5 - low * 0.5)


def _slotted(cut: ir.Table, **more: ir.Scalar) -> list[dict[str, Any]]:
    groups = cut.group_by("slot").aggregate(count=_.count(), low=_.value.min(), high=_.value.max(), **more)
    return sorted(groups.to_pyarrow().to_pylist(), key=lambda slot: float(slot["low"]))
