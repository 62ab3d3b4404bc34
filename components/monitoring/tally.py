"""Counting rows in the bins of a reference: what drift and broken feeds are read from.

Counts of parts add up to the counts of the whole, so that days, files and machines can be counted apart. Each column
is read once, and what is held is a number per bin and cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import numpy.typing as npt
from ibis import _

from components.analysis.rows import as_number, epoch_us, finite

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from components.contracts.reports import ColumnStatistics

Floats = npt.NDArray[np.float64]

NULL, NON_FINITE, FIRST = 0, 1, 2
"""Bins that every column has; those of its values follow, for texts the last holds all values that are not listed."""


@dataclass(frozen=True)
class Bins:
    """Where the values of a column fall."""

    column: str
    edges: tuple[float, ...] = ()
    """Of numbers: (-inf, e0], (e0, e1], …, (eN, inf)."""
    values: tuple[str, ...] = ()
    """Of others: one bin each, and one for the rest."""
    is_number: bool = True
    ends: tuple[float, float] = (0.0, 0.0)
    """The least and the largest number of the reference."""
    std: float = 0.0
    """Of the reference."""

    @classmethod
    def of(cls, column: ColumnStatistics) -> Bins:
        """The tenths of a reference's numbers, or its listed values."""
        if column.type not in ("int64", "float64"):
            listed = tuple(value.value for value in column.top)
            return cls(column.name, values=listed, is_number=False)
        edges = np.unique(column.quantiles[2:-1:2])
        if column.quantiles and column.min == column.max:  # below, at and above its one value
            edges = np.array([np.nextafter(edges[0], -np.inf), edges[0]])
        ends = (column.min or 0.0, column.max or 0.0)
        return cls(column.name, edges=tuple(edges.tolist()), ends=ends, std=column.std or 0.0)

    @property
    def size(self) -> int:
        """How many bins there are."""
        return FIRST + 1 + len(self.edges if self.is_number else self.values)

    def place(self, rows: ir.Table) -> ir.Column:
        """The bin of each row."""
        column = rows[self.column]
        if not self.is_number:
            text = column.cast("string")
            listed = [(text == value, FIRST + at) for at, value in enumerate(self.values)]
            return ibis.cases((column.isnull(), NULL), *listed, else_=self.size - 1)
        number = as_number(finite(column))
        below = [(number <= edge, FIRST + at) for at, edge in enumerate(self.edges)]
        return ibis.cases((column.isnull(), NULL), (number.isnull(), NON_FINITE), *below, else_=self.size - 1)


@dataclass(frozen=True)
class Tally:
    """Rows of one column by cell and bin. A cell is a day, or a segment."""

    bins: Bins
    cells: tuple[Any, ...]
    counts: Floats
    """(cells, bins)"""
    sizes: Floats
    """(cells,) the sum of the absolute values of numbers."""

    @property
    def total(self) -> Floats:
        """(bins,) rows of all cells."""
        return np.asarray(self.counts.sum(axis=0))

    def rows_of(self, cell: Any) -> Floats:
        """(bins,) rows of one cell; none when it has no rows."""
        found = [at for at, name in enumerate(self.cells) if name == cell]
        return np.asarray(self.counts[found].sum(axis=0))

    def __add__(self, other: Tally) -> Tally:
        """The tally of both parts together."""
        cells = tuple(sorted({*self.cells, *other.cells}))
        counts, sizes = np.zeros((len(cells), self.bins.size)), np.zeros(len(cells))
        for part in (self, other):
            at = [cells.index(cell) for cell in part.cells]
            counts[at] += part.counts
            sizes[at] += part.sizes
        return Tally(self.bins, cells, counts, sizes)


def day_of(time: ir.Column) -> ir.Column:
    """The day of each instant, in UTC, counted from 1970."""
    return (epoch_us(time) / 86_400_000_000).floor().cast("int64")


def tally(rows: ir.Table, bins: Iterable[Bins], cell: ir.Column) -> Mapping[str, Tally]:
    """Count rows by cell and bin, column by column.

    Args:
        rows: Any number; memory does not grow with them.
        bins: Of the columns to count.
        cell: What rows are told apart by; rows without one are left out.

    Returns:
        Column to its tally.
    """
    return {one.column: _tally(rows, one, cell) for one in bins}


def _tally(rows: ir.Table, bins: Bins, cell: ir.Column) -> Tally:
    size = as_number(finite(rows[bins.column])).abs() if bins.is_number else ibis.literal(0.0)
    placed = rows.select(cell=cell, bin=bins.place(rows), size=size).filter(_.cell.notnull())
    groups = (
        placed.group_by("cell", "bin")
        .aggregate(count=_.count(), size=_["size"].sum())
        .to_pyarrow()
        .to_pylist()
    )
    cells = tuple(sorted({group["cell"] for group in groups}))
    counts, sizes = np.zeros((len(cells), bins.size)), np.zeros(len(cells))
    position = {name: at for at, name in enumerate(cells)}
    for group in groups:
        counts[position[group["cell"]], group["bin"]] += group["count"]
        sizes[position[group["cell"]]] += group["size"] or 0.0
    return Tally(bins, cells, counts, sizes)
