"""One schema for the files of a table, or a file that disagrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
from pyarrow import types as kinds

from components.contracts.errors import SourceError

_UNITS = ("s", "ms", "us", "ns")


def united(schemas: Mapping[str, pa.Schema]) -> tuple[pa.Schema, dict[str, str]]:
    """The columns that all files have, with types that hold the values of each.

    Args:
        schemas: File to its own schema.

    Returns:
        The schema, and every column that some file lacks with one such file.

    Raises:
        SourceError: A column's type changed from one file to another, or two names differ in case only.
    """
    files = list(schemas)
    # In the order of the newest file, which is the last one by name.
    names = dict.fromkeys(name for file in reversed(files) for name in schemas[file].names if name)
    partial = {name: file for name in names for file in reversed(files) if name not in schemas[file].names}
    _require_distinct(names, files[-1])
    fields = [(name, _common(name, schemas)) for name in names if name not in partial]
    return pa.schema(fields), partial


def _require_distinct(names: Iterable[str], file: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise SourceError(f"{file}: columns {other!r} and {name!r} differ in case only; rename one")


def _common(name: str, schemas: Mapping[str, pa.Schema]) -> pa.DataType:
    chosen: pa.DataType | None = None
    for file, schema in schemas.items():
        here = _plain(schema.field(name).type)
        wider = here if chosen is None else _wider(chosen, here)
        if wider is None:
            first = next(iter(schemas))
            raise SourceError(
                f"{file}: column {name!r} changed type: it is {here}, and {chosen} in files before it, as {first}"
            )
        chosen = wider
    return pa.null() if chosen is None else chosen


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type itself, or one that DuckDB reads."""
    if kinds.is_dictionary(kind):
        return _plain(kind.value_type)
    if kinds.is_large_string(kind) or kinds.is_string_view(kind):
        return pa.string()
    if kinds.is_float16(kind):
        return pa.float32()
    return pa.float64() if kinds.is_decimal256(kind) else kind


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """A type that holds the values of both, if there is one without loss."""
    if one == other or kinds.is_null(other):
        return one
    if kinds.is_null(one):
        return other
    pair = (one, other)
    if all(kinds.is_integer(kind) for kind in pair):
        return pa.int64()
    if all(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind) for kind in pair):
        return pa.float64()
    if all(kinds.is_timestamp(kind) for kind in pair) and bool(one.tz) == bool(other.tz):
        finer = max(one.unit, other.unit, key=_UNITS.index)
        return pa.timestamp(finer, one.tz if one.tz == other.tz else "UTC")
    return pa.date32() if all(kinds.is_date(kind) for kind in pair) else None
