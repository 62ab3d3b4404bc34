"""Which rows belong to which slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.errors import UseCaseError
from components.contracts.sections import Slice
from components.evaluation.predictions import Floats, Integers

MISSING, OTHER = "missing", "other"

MOST_VALUES = 50
"""Slices of one column; the values that are rarer than these are taken together."""


class Members(NamedTuple):
    """The rows of one slice."""

    column: str
    value: str
    rows: Integers
    """Their positions, rising."""


def members(rows: pa.Table, slices: Sequence[Slice]) -> list[Members]:
    """Cut rows into slices; every row is in one slice of each column.

    Raises:
        UseCaseError: A column is not there, or bins are asked of one that holds no numbers; all are named.
    """
    problems = [problem for part in slices if (problem := _misfit(rows.schema, part))]
    if problems:
        raise UseCaseError("\n".join(["evaluation.slices does not fit the rows:", *problems]))
    return [
        Members(part.column, value, np.flatnonzero(codes == code))
        for part in slices
        for names, codes in [_binned(rows, part) if part.bins else _valued(rows[part.column])]
        for code, value in enumerate(names)
        if (codes == code).any()
    ]


def _misfit(schema: pa.Schema, part: Slice) -> str | None:
    if part.column not in schema.names:
        return f"  - there is no column {part.column!r}"
    kind = schema.field(part.column).type
    if part.bins and not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return f"  - {part.column!r} is a {kind} and cannot be cut into bins; leave bins out"
    return None


def _valued(column: pa.ChunkedArray) -> tuple[list[str], Integers]:
    """The most frequent values as text, then `missing` and `other`, and (n,) the position of each row's."""
    missing = pc.is_null(column, nan_is_null=True)
    texts = pc.if_else(missing, MISSING, pc.cast(column, pa.string()))
    counted = sorted(texts.value_counts().to_pylist(), key=lambda entry: (-entry["counts"], entry["values"]))
    frequent = [entry["values"] for entry in counted if entry["values"] not in (OTHER, MISSING)]
    names = [*frequent[:MOST_VALUES], MISSING, OTHER]
    codes = pc.fill_null(pc.index_in(texts, pa.array(names, pa.string())), names.index(OTHER))
    return names, codes.to_numpy().astype(np.int64)


def _binned(rows: pa.Table, part: Slice) -> tuple[list[str], Integers]:
    """Bins with about as many rows each, `[low, high)` but for the last, which is closed; then the missing values."""
    numbers: Floats = rows[part.column].cast(pa.float64()).to_numpy()
    there = np.isfinite(numbers)
    if not there.any():
        return [MISSING], np.zeros(len(numbers), dtype=np.int64)
    edges = np.unique(np.quantile(numbers[there], np.linspace(0, 1, (part.bins or 1) + 1)))
    inner = edges[1:-1]
    codes = np.where(there, np.searchsorted(inner, numbers, side="right"), len(inner) + 1)
    bounds = [f"{edge:.6g}" for edge in (edges[0], *inner, edges[-1])]
    names = [
        f"[{low}, {high}{']' if last else ')'}"
        for low, high, last in zip(bounds[:-1], bounds[1:], [False] * len(inner) + [True], strict=True)
    ]
    return [*names, MISSING], codes
