"""The rows of a use case's source as one Ibis table, whatever its window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ibis.expr.types as ir

from components.contracts.errors import DataError, EvergreenError, SourceError
from components.contracts.schema import ColumnType, TableSchema
from components.contracts.sections import Extraction
from components.extraction.conversion import ORIGINAL, conform, family_of, final, misfits
from components.extraction.files import open_files
from components.extraction.origins import Origin
from components.extraction.texts import inferred
from components.stores.databases import connect, engine, make_room, shown


def source(extraction: Extraction, data: str, schema: TableSchema | None = None) -> ir.Table:
    """All rows of a source as a table expression that is read when it is executed.

    Args:
        extraction: The use case's section; its window is not looked at.
        data: What relative addresses are relative to.
        schema: The columns that are wanted and their types; without it all columns, as what they are.

    Raises:
        SourceError: The source cannot be read, or does not have the schema's types.
        DataError: It lacks columns of the schema; all are named.
    """
    origin, table = open_source(extraction, data, schema)
    require_fit(origin, table)
    return final(table)


def open_source(extraction: Extraction, data: str, schema: TableSchema | None) -> tuple[Origin, ir.Table]:
    """A source, and its rows with originals beside the columns that were converted (`conversion.conform`).

    Values are not held against their types yet: that is `require_fit`, of the rows that matter. The connection stays
    open; `opened` closes it.

    Raises:
        SourceError: The source cannot be read, or a column has another type than the schema says.
        DataError: It lacks columns of the schema; all are named.
    """
    backend = connect(extraction.connection, data) if extraction.connection else engine()
    try:
        return _typed(backend, extraction, data, schema)
    except EvergreenError:
        backend.disconnect()
        raise


@contextmanager
def opened(extraction: Extraction, data: str, schema: TableSchema) -> Iterator[tuple[Origin, ir.Table]]:
    """What `open_source` gives, with the connection closed afterwards."""
    origin, table = open_source(extraction, data, schema)
    try:
        yield origin, table
    finally:
        table.get_backend().disconnect()


def require_fit(origin: Origin, table: ir.Table) -> None:
    """Refuse values that do not fit their column's type.

    Args:
        origin: Where they come from.
        table: What `open_source` gave, or some of its rows.

    Raises:
        SourceError: With every such column, how many values, one of them and its file.
    """
    doubts = list(misfits(table).items())
    if not doubts:
        return
    counts = {f"n{place}": doubt.sum() for place, (_, doubt) in enumerate(doubts)}
    examples = {
        f"e{place}": table[ORIGINAL + name].cast("string").min(where=doubt)
        for place, (name, doubt) in enumerate(doubts)
    }
    with origin.reading():
        found = table.aggregate(**counts, **examples).to_pyarrow().to_pylist()[0]
    problems = [
        f"column {name!r} of {origin.name}: {found[f'n{place}']} value(s) do not fit {family_of(table[name].type())}, "
        f"such as {found[f'e{place}']!r}{origin.holding(name, found[f'e{place}'])}"
        for place, (name, _) in enumerate(doubts)
        if found[f"n{place}"]
    ]
    if problems:
        raise SourceError("\n".join(problems))


def _typed(
    backend: Any, extraction: Extraction, data: str, schema: TableSchema | None
) -> tuple[Origin, ir.Table]:
    types = None if schema is None else {name: schema.column(name).type for name in schema.names()}
    if extraction.connection:
        origin = Origin(f"extraction.query on {shown(extraction.connection)}", extraction.connection)
    else:
        origin = _files(backend, extraction, data, types)
    with origin.reading():
        table = (
            _queried(backend, extraction.query)
            if extraction.query
            else backend.table(next(iter(origin.files)))
        )
    if types is not None:
        _require_columns(origin, table, types)
    make_room(backend, len(types or table.columns))
    with origin.reading():
        return origin, conform(table, types, origin.is_text)


def _files(backend: Any, extraction: Extraction, data: str, types: Mapping[str, ColumnType] | None) -> Origin:
    files = {name: open_files(address, data) for name, address in extraction.tables.items()}
    single = next(iter(files.values())).address
    origin = Origin("extraction.query" if extraction.query else single, files=files)
    has_types = types is not None and extraction.query is None
    with origin.reading():
        for name, found in files.items():
            _register(backend, name, found.dataset, infer=found.is_text and not has_types)
    return origin


def _register(backend: Any, name: str, dataset: Any, infer: bool) -> None:
    if not infer:
        backend.con.register(name, dataset)
        return
    # A query sees the columns of a CSV file with the types that all of their values have.
    backend.con.register(f"{name} as text", dataset)
    text = backend.table(f"{name} as text")
    # A folder such as month=3 makes a column of numbers.
    kinds = {column: kind for column, dtype in text.schema().items() if (kind := family_of(dtype))}
    types = {**kinds, **inferred(text.select([column for column in kinds if kinds[column] == "string"]))}
    backend.create_view(name, final(conform(text, types, is_text=True)))


def _queried(backend: Any, query: str) -> ir.Table:
    query = query.strip().rstrip(";")
    if backend.name not in ("duckdb", "postgres"):
        return backend.sql(query)
    # Not `backend.sql`: with duckdb 2.0 and sqlglot 30 it fails on both.
    backend.raw_sql(f"CREATE TEMP VIEW evergreen_rows AS\n{query}\n")
    return backend.table("evergreen_rows")


def _require_columns(origin: Origin, table: ir.Table, types: Mapping[str, ColumnType]) -> None:
    missing = [name for name in types if name not in table.columns]
    gone = [
        f"{file} has no column {name!r}, which other files have"
        for name in missing
        if (file := origin.lacking(name))
    ]
    if gone:
        raise SourceError("\n".join(gone))
    if missing:
        reasons = [f"{name!r} ({types[name]})" for name in missing]
        raise DataError(f"{origin.name} lacks columns that the schema has:", reasons)
