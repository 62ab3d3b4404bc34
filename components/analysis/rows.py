"""The rows of a snapshot as an Ibis table, and its columns as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import ibis
import ibis.expr.datatypes as dt

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from components.contracts.schema import ColumnType

FRUGAL_MEMORY, FRUGAL_THREADS = "192MB", 2
"""What a query that holds something for each row may use before it writes to disk."""


def open_rows(path: str, scratch: str, threads: int | None = None) -> ir.Table:
    """A Parquet file as a table that is read when it is asked.

    Args:
        path: The file, on this machine.
        scratch: Folder for what does not fit into memory; it is there only while it is needed.
        threads: All that there are when None. Results do not depend on it.
    """
    settings = {"temp_directory": scratch, "preserve_insertion_order": False}
    engine = ibis.duckdb.connect(**settings, **({} if threads is None else {"threads": threads}))
    # Else the engine keeps what it read of a file, and memory grows with the file.
    engine.raw_sql("SET enable_external_file_cache = false")
    # Else it takes a column for free of NaN when a file's own minimum and maximum are numbers.
    engine.raw_sql("SET disabled_optimizers = 'statistics_propagation'")
    return engine.read_parquet(path)


@contextmanager
def frugally(source: ir.Table) -> Iterator[None]:
    """Keep memory flat while something is held for each row; scans alone hold no more for more rows."""
    engine = source.get_backend()
    if engine.name != "duckdb":
        yield
        return
    threads = engine.raw_sql("SELECT current_setting('threads')").fetchone()[0]
    engine.raw_sql(f"SET memory_limit = '{FRUGAL_MEMORY}'; SET threads = {min(threads, FRUGAL_THREADS)}")
    try:
        yield
    finally:
        engine.raw_sql(f"RESET memory_limit; SET threads = {threads}")


def type_of(column: ir.Column) -> ColumnType:
    """The type of a column in the words of a schema.

    A snapshot has no others; on any other table a type keeps Ibis's name.
    """
    dtype = column.type()
    return cast("ColumnType", "timestamp" if dtype.is_timestamp() else str(dtype.copy(nullable=True)))


def finite(column: ir.Column) -> ir.Column:
    """A column with NaN and the infinities as nulls."""
    if not column.type().is_floating():
        return column
    return (column.isnan() | column.isinf()).ifelse(ibis.null("float64"), column)


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def epoch_us(instant: dt.Timestamp("UTC")) -> int:  # type: ignore[valid-type,empty-body]
    """DuckDB's own function: Ibis's `epoch_seconds` goes through a time zone conversion, 4 times slower."""


def as_number(column: ir.Column) -> ir.Column:
    """A number, or a point in time as seconds since 1970, as float64."""
    dtype = column.type()
    if dtype.is_timestamp() and column.get_backend().name == "duckdb":
        return epoch_us(column) / 1e6
    if dtype.is_timestamp() or dtype.is_date():
        return column.cast("timestamp").epoch_seconds().cast("float64")
    return column.cast("float64")


def as_text(value: object, kind: ColumnType) -> str:
    """How a value is written in a report: the same for the same value, wherever it was read."""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "float64":
        return repr(float(cast("float", value)) + 0.0)  # not -0.0
    if kind == "int64":
        return str(int(cast("float", value)))
    if kind in ("timestamp", "date") and not isinstance(value, str):
        return value.isoformat().replace("+00:00", "Z")  # type: ignore[attr-defined,no-any-return]
    return str(value)
