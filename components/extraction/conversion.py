"""Columns of any source as the few types that a snapshot has, without loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from components.contracts.errors import SourceError
from components.contracts.schema import ColumnType
from components.extraction.texts import TIMESTAMP, as_boolean, as_timestamp, as_whole, time_format

TYPES: dict[ColumnType, dt.DataType] = {
    "int64": dt.int64,
    "float64": dt.float64,
    "string": dt.string,
    "boolean": dt.boolean,
    "timestamp": TIMESTAMP,
    "date": dt.date,
}

ORIGINAL = "original:"
"""A column of that prefix holds what the column was before it was converted, where that may matter."""


def conform(table: ir.Table, types: Mapping[str, ColumnType] | None, is_text: bool) -> ir.Table:
    """The columns asked for, in their types.

    A value that does not fit becomes null, and `misfits` tells it by the original beside it.

    Args:
        table: Any types.
        types: Column to type, of columns that the table has; None takes each column as what it is.
        is_text: Whether text may hold numbers, as in CSV.

    Raises:
        SourceError: A column has a type that cannot become the one asked for; all such columns are named.
    """
    wanted = types if types is not None else _kinds(table)
    changed = [problem for name in wanted if (problem := _changed(table, name, wanted[name], is_text))]
    if changed:
        raise SourceError("\n".join(changed))
    columns: dict[str, ir.Column] = {}
    for name, kind in wanted.items():
        column, family = table[name], family_of(table[name].type())
        columns[name] = _converted(column, kind)
        # A timestamp without a zone is kept too: a filter on it is done by whoever reads the file.
        if family != kind or _is_zoneless(column):
            columns[ORIGINAL + name] = _present(column)
    return table.select(**columns)


def misfits(table: ir.Table) -> dict[str, ir.BooleanColumn]:
    """For each column that was converted, where its original value did not fit."""
    converted = [name for name in table.columns if ORIGINAL + name in table.columns]
    doubtful = [name for name in converted if not _is_zoneless(table[ORIGINAL + name])]
    return {name: table[ORIGINAL + name].notnull() & table[name].isnull() for name in doubtful}


def instants(table: ir.Table, name: str) -> ir.Column:
    """A column of time as it is best compared: the original where that had no zone."""
    original = ORIGINAL + name
    return table[original if original in table.columns and _is_zoneless(table[original]) else name]


def final(table: ir.Table) -> ir.Table:
    """The table without the originals."""
    return table.select([name for name in table.columns if not name.startswith(ORIGINAL)])


def family_of(dtype: dt.DataType) -> ColumnType | None:
    """The type that a column has in a snapshot; None for lists, structures and bytes, which have no place in one."""
    if dtype.is_unknown():  # by Ibis; DuckDB has these
        raw = str(dtype)
        return "timestamp" if "TIMESTAMP" in raw else "string" if "NULL" in raw else None
    if dtype.is_decimal():
        # An integer sum is a DECIMAL(38, 0) or a HUGEINT.
        return "int64" if dtype.scale == 0 else "float64"
    rules: tuple[tuple[bool, ColumnType], ...] = (
        (dtype.is_boolean(), "boolean"),
        (dtype.is_integer(), "int64"),
        (dtype.is_floating(), "float64"),
        (dtype.is_timestamp(), "timestamp"),
        (dtype.is_date(), "date"),
        (dtype.is_string() or dtype.is_uuid() or dtype.is_time() or dtype.is_null(), "string"),
    )
    return next((kind for holds, kind in rules if holds), None)


def _kinds(table: ir.Table) -> dict[str, ColumnType]:
    kinds = {name: family_of(dtype) for name, dtype in table.schema().items()}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _is_zoneless(column: ir.Column) -> bool:
    return bool(column.type().is_timestamp() and column.type().timezone is None)


def _is_empty(column: ir.Column) -> bool:
    return bool(column.type().is_null() or (column.type().is_unknown() and "NULL" in str(column.type())))


def _present(column: ir.Column) -> ir.Column:
    """The column with NaN, which stands for a missing whole number, as null."""
    if column.type().is_floating():
        return column.isnan().ifelse(ibis.null(column.type()), column)
    return column


def _changed(table: ir.Table, name: str, kind: ColumnType, is_text: bool) -> str | None:
    family = family_of(table[name].type())
    allowed = family == kind or (family, kind) in _CONVERSIONS or _is_empty(table[name])
    if allowed or (is_text and (family, kind) in _FROM_TEXT):
        return None
    if family is None:
        return (
            f"column {name!r} is {table[name].type()}, which is no {kind}; take its parts in extraction.query"
        )
    return (
        f"column {name!r} changed type: the schema says {kind}, the source has {family}; "
        "mend the source, cast it in extraction.query, or change the schema"
    )


def _converted(column: ir.Column, kind: ColumnType) -> ir.Column:
    family = family_of(column.type())
    if _is_empty(column):
        return ibis.null(TYPES[kind])
    if family == kind or family is None:
        return column if column.type() == TYPES[kind] else column.cast(TYPES[kind])
    return ({**_CONVERSIONS, **_FROM_TEXT})[family, kind](column)


def _whole(column: ir.Column) -> ir.Column:
    number = _present(column)
    fits = (number == number.floor()) & (number.abs() < 2.0**63)
    return fits.ifelse(number, ibis.null(number.type())).cast(dt.int64)


def _flag(column: ir.Column) -> ir.Column:
    return ibis.cases((column == 1, True), (column == 0, False), else_=ibis.null("boolean"))


def _day(column: ir.Column) -> ir.Column:
    instant = column.cast(TIMESTAMP)
    day = instant.cast(dt.date)
    return (day.cast(TIMESTAMP) == instant).ifelse(day, ibis.null("date"))


def _moment(column: ir.Column) -> ir.Column:
    if column.get_backend().name != "duckdb":
        return column.cast(TIMESTAMP)  # and the database says which value is none
    return as_timestamp(column, time_format(column))


_CONVERSIONS: dict[tuple[ColumnType | None, ColumnType], Callable[[ir.Column], ir.Column]] = {
    ("int64", "float64"): lambda column: column.cast(dt.float64),
    ("float64", "int64"): _whole,
    ("int64", "boolean"): _flag,
    ("string", "boolean"): as_boolean,
    ("date", "timestamp"): lambda column: column.cast(TIMESTAMP),
    ("timestamp", "date"): _day,
    ("string", "timestamp"): _moment,
    ("string", "date"): lambda column: _day(_moment(column)),
}
_FROM_TEXT: dict[tuple[ColumnType | None, ColumnType], Callable[[ir.Column], ir.Column]] = {
    ("string", "int64"): as_whole,
    ("string", "float64"): lambda column: column.try_cast(dt.float64),
    # Of types that were inferred from text, those that are written in one way only.
    ("int64", "string"): lambda column: column.cast(dt.string),
    ("date", "string"): lambda column: column.cast(dt.string),
}
