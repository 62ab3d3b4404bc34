"""One value of a request, held against its column: what fits is returned as it is kept, what does not is refused.

No value is coerced: a number in a text is a text. What JSON does not tell apart is one thing: `3` fits a float column, and
`3.0` an integer one. Ranges and domains are not held here: a strange value is data, and monitoring judges it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from components.contracts.schema import Column, ColumnType

Cell = Callable[[Any], Any]
"""From a value to the same in the column's type; a ValueError says what the value is instead."""

_LARGEST_WHOLE = 2.0**53
_INT64 = 2**63


def cell(column: Column) -> Cell:
    """How values of a column are read; nulls only where it is nullable."""
    read = _READERS[column.type]

    def nullable(value: Any) -> Any:
        return None if value is None else read(value)

    def required(value: Any) -> Any:
        if value is None:
            raise ValueError("is null, and the column is not nullable")
        return read(value)

    return nullable if column.nullable else required


def _float(value: Any) -> float:
    kind = type(value)
    if kind is float or kind is int:
        try:
            number = float(value)
        except OverflowError:
            raise ValueError("is too large for a number") from None
        if isfinite(number):
            return number
        raise ValueError(f"is {number}; send null for a missing value")
    raise ValueError(f"is {_what(value)}; it must be a number")


def _int(value: Any) -> int:
    kind = type(value)
    if kind is float and value.is_integer() and abs(value) <= _LARGEST_WHOLE:
        return int(value)
    if kind is not int:
        raise ValueError(f"is {_what(value)}; it must be a whole number")
    if not -_INT64 <= value < _INT64:
        raise ValueError("is too large for a 64-bit whole number")
    return int(value)


def _bool(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise ValueError(f"is {_what(value)}; it must be true or false")


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise ValueError(f"is {_what(value)}; it must be a text")


def _instant(value: Any) -> datetime:
    if type(value) is str:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                "is a text that is no instant; write ISO 8601, as in 2013-01-01T06:00:00Z"
            ) from None
    if not isinstance(value, datetime):
        raise ValueError(f"is {_what(value)}; it must be an instant in a text, as in 2013-01-01T06:00:00Z")
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is too far away in time") from None


def _date(value: Any) -> date:
    if type(value) is str:
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("is a text that is no date; write ISO 8601, as in 2013-01-01") from None
    if type(value) is date:
        return value
    raise ValueError(f"is {_what(value)}; it must be a date in a text, as in 2013-01-01")


def _what(value: Any) -> str:
    """A value's kind for a person; never the value itself, which may be anything of any size."""
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {
        int: "a whole number",
        float: "a number with a fraction, or too large",
        str: "a text",
        list: "a list",
    }
    return kinds.get(type(value), "an object" if isinstance(value, dict) else "something else")


_READERS: dict[ColumnType, Cell] = {
    "float64": _float,
    "int64": _int,
    "boolean": _bool,
    "string": _text,
    "timestamp": _instant,
    "date": _date,
}
