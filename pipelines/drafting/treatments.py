"""How each column becomes a feature, or why it does not."""

from __future__ import annotations

from dataclasses import dataclass

from components.contracts.model import Treatment
from pipelines.drafting.profile import ColumnProfile
from pipelines.drafting.words import CODE, ENTITY, OTHER_TIMES, has, names_a_thing

ROWS_OF_EACH = 30
"""With fewer rows of each thing, its id is no feature."""


@dataclass(frozen=True)
class Left:
    """Why a column is not used."""

    reason: str


def treatment(column: ColumnProfile) -> Treatment | Left:
    """How a model should read a column that has no other role."""
    share = column.distinct / max(column.filled, 1)
    if column.filled == 0:
        return Left("empty in every row")
    if column.distinct == 1 and (column.nulls < 0.01 * column.rows or column.is_number):
        return Left("one value only")
    if column.nulls > 0.99 * column.rows:
        return Left(f"missing in {column.nulls / column.rows:.1%} of the rows")
    if column.is_time and has(column.name, OTHER_TIMES):
        return Left("its month and weekday tell little; an age, computed in extraction.query, may tell more")
    if column.is_time:
        return "calendar"
    if column.type == "boolean":
        return "numeric"
    if has(column.name, ENTITY) and column.distinct > column.filled / ROWS_OF_EACH:
        each = column.filled / column.distinct
        return Left(f"an id, {each:.1f} rows of each: what is learned of one helps with no other")
    if column.type == "string":
        return _text(column, share)
    return _number(column, share)


def _text(column: ColumnProfile, share: float) -> Treatment | Left:
    if share > 0.5 and column.filled >= 20:
        return Left("another text in nearly every row: an id or free text")
    if column.length > 50 and column.distinct > 50:
        return Left(f"free text, {column.length:.0f} characters on average")
    return "categorical"


def _number(column: ColumnProfile, share: float) -> Treatment | Left:
    if column.whole and share > 0.95 and column.filled >= 20 and _counts_rows(column):
        return Left("counts the rows, or is an id")
    if column.type != "int64" or column.distinct <= 2:
        return "numeric"
    return "categorical" if has(column.name, CODE) and share < 0.1 else "numeric"


def _counts_rows(column: ColumnProfile) -> bool:
    dense = column.max - column.min < 1.5 * column.rows and column.distinct == column.filled
    return dense or names_a_thing(column.name)
