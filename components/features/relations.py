"""The rows of a feature view's source, as SQL for DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feast.data_source import DataSource
from feast.infra.offline_stores.file_source import FileSource
from feast.repo_config import RepoConfig

from components.contracts.errors import SourceError
from components.extraction.files import open_files
from components.features.asof import quoted, text
from components.features.source import QuerySource
from components.stores.databases import engine

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""All event times lie between."""


@contextmanager
def connected(config: RepoConfig) -> Iterator[Any]:
    """An engine that holds as much as the store's configuration says."""
    backend = engine()
    try:
        backend.raw_sql(f"SET memory_limit = '{config.offline_store.memory_mb}MB'")
        yield backend.con
    finally:
        backend.disconnect()


def columns_of(source: DataSource, config: RepoConfig) -> Iterable[tuple[str, str]]:
    """The columns of a source, each with the type it has in Arrow."""
    with connected(config) as connection:
        relation = relation_of(connection, config, source, FIRST, LAST)
        schema = connection.sql(f"SELECT * FROM {relation} LIMIT 0").to_arrow_table().schema
    return [(field.name, str(field.type)) for field in schema]


def relation_of(
    connection: Any, config: RepoConfig, source: DataSource, since: datetime, until: datetime
) -> str:
    """SQL for the rows of a source, its columns by the features' names."""
    if isinstance(source, QuerySource):
        relation = _query(connection, config, source, since, until)
    elif isinstance(source, FileSource):
        relation = _file(connection, config, source)
    else:
        raise SourceError(
            f"{source.name} is a {type(source).__name__}; this store reads files and queries over them"
        )
    if not source.field_mapping:
        return relation
    renamed = ", ".join(f"{quoted(old)} AS {quoted(new)}" for old, new in source.field_mapping.items())
    return f"(SELECT * RENAME ({renamed}) FROM {relation})"


def _query(connection: Any, config: RepoConfig, source: QuerySource, since: datetime, until: datetime) -> str:
    tables = []
    for name, address in source.tables.items():
        # By its address: two queries may mean different tables by one name.
        connection.register(f"table {address}", open_files(address, config.offline_store.data).dataset)
        tables.append(f"{quoted(name)} AS NOT MATERIALIZED (FROM {quoted(f'table {address}')})")
    query = (
        source.query.strip().rstrip(";").replace("$since", literal(since)).replace("$until", literal(until))
    )
    return f"(WITH {', '.join(tables)} SELECT * FROM (\n{query}\n))"


def _file(connection: Any, config: RepoConfig, source: FileSource) -> str:
    place = FileSource.get_uri_for_file_path(config.repo_path, source.path)
    if "://" not in place:
        files = f"{place}/**/*.parquet" if Path(place).is_dir() else place
        return f"read_parquet({text(files)})"
    connection.register(f"file {place}", open_files(place, "").dataset)
    return quoted(f"file {place}")


def literal(instant: datetime) -> str:
    """An instant as SQL reads it."""
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return f"TIMESTAMPTZ '{aware.isoformat(sep=' ', timespec='microseconds')}'"
