"""What a column of text holds: types by all of its values, and dates in the ways people write them."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from components.contracts.schema import ColumnType

TIMESTAMP = dt.Timestamp(timezone="UTC", scale=6)

_WHOLE = r"^\s*[-+]?(0|[1-9][0-9]*)\s*$"
_CODE = r"^\s*[-+]?0[0-9]"  # 00501 is a code, not a number
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}"

_DAYS = (
    "%Y%m%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y",
    "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
FORMATS = tuple(f"{day}{time}" for day in _DAYS for time in ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p"))
"""Tried where text is not ISO 8601. Month before day is tried before day before month."""


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), dt.Timestamp(scale=6)))
def _try_strptime(text, format):  # type: ignore[no-untyped-def]
    """DuckDB's function: null where the text is not of the format."""


def inferred(table: ir.Table) -> dict[str, ColumnType]:
    """The narrowest type that every value of each column of text fits; text without any value stays text.

    One scan over all rows.
    """
    tests: dict[tuple[str, str], ir.BooleanColumn] = {
        (name, kind): test for name in table.columns for kind, test in _tests(table[name]).items()
    }
    sums = {f"t{place}": test.fill_null(False).sum() for place, test in enumerate(tests.values())}
    found = table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    counts = {test: found[f"t{place}"] or 0 for place, test in enumerate(tests)}
    return {name: _narrowest(name, counts) for name in table.columns}


def _tests(column: ir.Column) -> dict[str, ir.BooleanColumn]:
    return {
        "values": column.notnull(),
        "int64": column.re_search(_WHOLE) & column.try_cast("int64").notnull(),
        "float64": ~column.re_search(_CODE) & column.try_cast("float64").notnull(),
        "boolean": column.lower().isin(["true", "false"]),
        "date": column.re_search(_DAY) & column.try_cast("date").notnull(),
        "timestamp": column.re_search(_TIME) & column.try_cast(TIMESTAMP).notnull(),
    }


def _narrowest(name: str, counts: dict[tuple[str, str], int]) -> ColumnType:
    values = counts[name, "values"]
    kinds: tuple[ColumnType, ...] = ("int64", "float64", "boolean", "date", "timestamp")
    if values:
        for kind in kinds:
            if counts[name, kind] == values:
                return kind
        if counts[name, "date"] + counts[name, "timestamp"] == values:
            return "timestamp"
    return "string"


def time_format(column: ir.Column) -> str | None:
    """The format that most values of a text column have, of those that are not ISO 8601; None when all are.

    Whether 03/04/2013 is in March or in April is decided by the whole column.
    """
    table = column.name("x").as_table()
    present, iso = table.x.notnull(), _iso(table.x).notnull()
    found = table.aggregate(present=present.sum(), iso=(present & iso).sum()).to_pyarrow().to_pylist()[0]
    if found["present"] == found["iso"]:
        return None
    fits = {f"f{place}": _try_strptime(table.x, form).notnull().sum() for place, form in enumerate(FORMATS)}
    counts = table.aggregate(**fits).to_pyarrow().to_pylist()[0]
    best = max(range(len(FORMATS)), key=lambda place: counts[f"f{place}"] or 0)
    return FORMATS[best] if counts[f"f{best}"] else None


def as_timestamp(column: ir.Column, form: str | None) -> ir.Column:
    """Points in time; null where the text is neither ISO 8601 nor of the format."""
    return (
        _iso(column) if form is None else _iso(column).fill_null(_try_strptime(column, form).cast(TIMESTAMP))
    )


def as_whole(column: ir.Column) -> ir.Column:
    """Whole numbers, also where they are written 12.0; null where the text is none."""
    number = column.try_cast("float64")
    written = (number == number.floor()) & (number.abs() < 2.0**53)
    return column.re_search(r"^\s*[-+]?[0-9]+\s*$").ifelse(
        column.try_cast("int64"), written.ifelse(number.try_cast("int64"), ibis.null("int64"))
    )


def as_boolean(column: ir.Column) -> ir.Column:
    """True for 1 and true, false for 0 and false, null for any other text."""
    text = column.strip().lower()
    return ibis.cases(
        (text.isin(["1", "true"]), True), (text.isin(["0", "false"]), False), else_=ibis.null("boolean")
    )


def _iso(column: ir.Column) -> ir.Column:
    return column.re_search(r"[0-9]").ifelse(column.try_cast(TIMESTAMP), ibis.null(TIMESTAMP))
