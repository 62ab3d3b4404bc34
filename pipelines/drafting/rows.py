"""The rows of a source, copied once to a local Parquet file, so that many questions can be asked of them cheaply.

A question costs a scan of a few columns of the copy, in bounded memory; asking a CSV file or a join again and again
would cost as many full reads.
"""

# ruff: noqa: S608 (names and texts go through `quoted` and `literal`)
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from components.contracts.schema import ColumnType, TableSchema
from components.contracts.sections import Extraction

if TYPE_CHECKING:  # for the name alone: it imports Ibis
    from components.extraction.extract import PointInTime

MEMORY_LIMIT = "512MB"
"""What does not fit goes to disk."""

MAX_SAMPLE = 50_000

_TYPES: dict[str, ColumnType] = {
    "BIGINT": "int64",
    "DOUBLE": "float64",
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "DATE": "date",
}
"""DuckDB's names of the types that a snapshot has."""


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


class Rows:
    """Views in DuckDB: `raw` is what the source has, `rows` is what a query makes of it, `sample` is some of those."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Over a connection that has a view or a table `raw`."""
        self._connection = connection
        # By a hash of what is in them: the same rows whatever their order.
        connection.execute(
            f"CREATE TABLE raw_sample AS SELECT * FROM raw ORDER BY hash(raw) LIMIT {MAX_SAMPLE}"
        )
        self.select("FROM {}".format)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        answer: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        return answer

    def select(self, query: Callable[[str], str]) -> None:
        """Make `rows` the result of a query over `raw`, and `sample` that of the same query over some of them."""
        for view, table in (("rows", "raw"), ("sample", "raw_sample")):
            self._connection.execute(f"CREATE OR REPLACE VIEW {view} AS {query(table)}")

    def types_of(self, query: str) -> dict[str, ColumnType]:
        """Name to type of every column of a query's result, in order."""
        return {name: _TYPES[kind] for name, kind, *_ in self.ask(f"DESCRIBE {query}")}

    def sample(self) -> pa.Table:
        """At most MAX_SAMPLE of the rows, the same ones each time."""
        return self._connection.sql("FROM sample").to_arrow_table()


@contextmanager
def copied(
    extraction: Extraction,
    data: str,
    schema: TableSchema | None = None,
    event_time: str | None = None,
    features: PointInTime | None = None,
) -> Iterator[Path]:
    """A Parquet file of all the rows of a source, whatever the window; it is gone afterwards.

    Args:
        extraction: The use case's section.
        data: What relative addresses are relative to.
        schema: The types that the columns must have; without it, each column as what it is.
        event_time: Column of the time that features are looked up for.
        features: The feature store; without it, the columns that are looked up are not there.

    Raises:
        SourceError: The source cannot be read, or does not have the schema's types.
        DataError: It lacks columns of the schema.
    """
    from components.extraction.conversion import final
    from components.extraction.sources import open_source, require_fit

    own = None if schema is None else schema.without(extraction.looked_up())
    origin, table = open_source(extraction, data, own)
    require_fit(origin, table)
    with TemporaryDirectory(prefix="evergreen-") as folder:
        path = Path(folder) / "rows.parquet"
        with origin.reading():
            final(table).to_parquet(path)
        if features is not None and event_time is not None and extraction.features:
            features.complete(path, event_time, extraction.features, path.with_name("completed.parquet"))
            path = path.with_name("completed.parquet")
        yield path


@contextmanager
def opened(
    extraction: Extraction, data: str, event_time: str | None = None, features: PointInTime | None = None
) -> Iterator[Rows]:
    """The rows of a source, to be asked.

    Raises:
        SourceError: The source cannot be read.
    """
    with copied(extraction, data, None, event_time, features) as path:
        config = {"temp_directory": str(path.parent), "memory_limit": MEMORY_LIMIT}
        with duckdb.connect(config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            # Else the engine keeps what it read of the file, and memory grows with it.
            connection.execute("SET enable_external_file_cache = false")
            connection.execute(f"CREATE VIEW raw AS FROM read_parquet({literal(str(path))})")
            yield Rows(connection)
