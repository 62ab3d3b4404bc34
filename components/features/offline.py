"""Feast's offline store on DuckDB: point-in-time retrieval by ASOF JOIN, in bounded memory.

Definitions, registry, online store, command line and UI stay Feast's; named in feature_store.yaml as
`components.features.offline.AsofOfflineStore`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from feast.data_source import DataSource
from feast.feature_view import FeatureView
from feast.infra.offline_stores.duckdb import DuckDBOfflineStore
from feast.infra.offline_stores.file_source import FileSource
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.infra.registry.base_registry import BaseRegistry
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.repo_config import FeastConfigBaseModel, RepoConfig
from feast.saved_dataset import SavedDatasetStorage

from components.contracts.errors import SourceError
from components.extraction.files import open_files
from components.features.asof import ViewRows, latest, point_in_time, quoted, text
from components.features.source import QuerySource
from components.stores.databases import engine

EVENT_TIME = "event_timestamp"
"""Feast's name for the time of the rows to be completed."""

_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class AsofOfflineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """`offline_store` in feature_store.yaml."""

    type: Literal["components.features.offline.AsofOfflineStore"] = (
        "components.features.offline.AsofOfflineStore"
    )
    data: str = "data"
    """What relative addresses of tables are relative to."""
    memory_mb: int = 1024
    """What DuckDB holds before it writes to disk."""


class AsofOfflineStore(DuckDBOfflineStore):  # type: ignore[misc]
    """Parquet, CSV and queries over them (`QuerySource`), read by DuckDB.

    Writing is Feast's own.
    """

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        filter_by_created_timestamp: bool = False,
        **_: Any,
    ) -> RetrievalJob:
        """The rows with the features as of each row's time.

        Args:
            config: The store's.
            feature_views: What is looked up.
            feature_refs: `view:feature`, each.
            entity_df: Rows, or DuckDB's SQL for them, with the keys and `event_timestamp`.
            registry: The definitions.
            project: The store's.
            full_feature_names: Whether a column is called `view__feature`.
            filter_by_created_timestamp: Whether values that were written after a row's time count as unknown then.

        Raises:
            ValueError: There are no rows to complete, or a column would come twice.
        """
        if entity_df is None:
            raise ValueError("this store completes rows: give entity_df")
        wanted = [_projected(view, feature_refs, full_feature_names) for view in feature_views]

        def sql(connection: Any) -> str:
            return _historical(
                connection, config, entity_df, feature_views, wanted, filter_by_created_timestamp
            )

        demanded = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        return AsofRetrievalJob(config, sql, list(feature_refs), demanded, full_feature_names)

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime,
        end_date: datetime,
    ) -> RetrievalJob:
        """The latest row of each key with an event time in `[start_date, end_date]`: what goes online."""
        times = [name for name in (timestamp_field, created_timestamp_column) if name]

        def sql(connection: Any) -> str:
            relation = _relation(connection, config, data_source, start_date, end_date)
            names = [*join_key_columns, *feature_name_columns, *times]
            columns = {name: name for name in feature_name_columns}
            keys = {name: name for name in join_key_columns}
            chosen = f"(SELECT {', '.join(map(quoted, names))} FROM {relation})"
            rows = ViewRows(
                chosen,
                timestamp_field,
                created_timestamp_column or None,
                keys,
                columns,
                feature_name_columns,
                None,
            )
            return latest(rows, _literal(start_date), _literal(end_date))

        return AsofRetrievalJob(config, sql, feature_name_columns)

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """All rows with an event time in `[start_date, end_date]`."""
        since, until = start_date or _FIRST, end_date or _LAST
        times = [name for name in (timestamp_field, created_timestamp_column) if name]

        def sql(connection: Any) -> str:
            relation = _relation(connection, config, data_source, since, until)
            names = ", ".join(map(quoted, [*join_key_columns, *feature_name_columns, *times]))
            inside = f"{quoted(timestamp_field)}::TIMESTAMPTZ BETWEEN {_literal(since)} AND {_literal(until)}"
            return f"SELECT {names} FROM {relation} WHERE {inside}"

        return AsofRetrievalJob(config, sql, feature_name_columns)


class AsofRetrievalJob(RetrievalJob):  # type: ignore[misc]
    """A query that is yet to be run: into memory as Feast does, or into a file of any size."""

    def __init__(
        self,
        config: RepoConfig,
        sql: Callable[[Any], str],
        features: Sequence[str],
        demanded: Sequence[OnDemandFeatureView] = (),
        has_full_names: bool = False,
    ) -> None:
        self._config = config
        self._sql = sql
        self._features = list(features)
        self._demanded = list(demanded)
        self._has_full_names = has_full_names

    @property
    def full_feature_names(self) -> bool:
        """Whether a column is called `view__feature`."""
        return self._has_full_names

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        """Views that Feast computes of the result."""
        return self._demanded

    @property
    def metadata(self) -> RetrievalMetadata | None:
        """The features asked for."""
        return RetrievalMetadata(features=self._features, keys=[])

    def to_sql(self) -> str:
        """The query."""
        with _connected(self._config) as connection:
            return self._sql(connection)

    def to_parquet(self, path: Path, without: Sequence[str] = ()) -> None:
        """Write the result, or all but some of its columns, to a file; memory does not grow with it.

        On-demand views are left out.
        """
        with _connected(self._config) as connection:
            left_out = f"EXCLUDE ({', '.join(map(quoted, without))})" if without else ""
            rows = f"SELECT * {left_out} FROM ({self._sql(connection)})"
            connection.execute(f"COPY ({rows}) TO {text(str(path))} (FORMAT parquet, ROW_GROUP_SIZE 65536)")

    def persist(
        self, storage: SavedDatasetStorage, allow_overwrite: bool = False, timeout: int | None = None
    ) -> None:
        """Write the result to where Feast keeps a saved data set; a file on this machine.

        Raises:
            FileExistsError: There is one already, and it may not be overwritten.
        """
        path = Path(FileSource.get_uri_for_file_path(self._config.repo_path, storage.to_data_source().path))
        if path.exists() and not allow_overwrite:
            raise FileExistsError(f"{path} is there already; allow_overwrite replaces it")
        self.to_parquet(path)

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        with _connected(self._config) as connection:
            return connection.sql(self._sql(connection)).to_arrow_table()

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._to_arrow_internal().to_pandas()
        return frame


def columns_of(source: DataSource, config: RepoConfig) -> Iterable[tuple[str, str]]:
    """The columns of a source, each with the type it has in Arrow."""
    with _connected(config) as connection:
        relation = _relation(connection, config, source, _FIRST, _LAST)
        schema = connection.sql(f"SELECT * FROM {relation} LIMIT 0").to_arrow_table().schema
    return [(field.name, str(field.type)) for field in schema]


def _historical(
    connection: Any,
    config: RepoConfig,
    entity_df: pd.DataFrame | str,
    views: Sequence[FeatureView],
    wanted: Sequence[dict[str, str]],
    by_created: bool,
) -> str:
    if isinstance(entity_df, str):
        rows = f"({entity_df})"
    else:
        connection.register("evergreen entities", pa.Table.from_pandas(entity_df, preserve_index=False))
        rows = quoted("evergreen entities")
    held = [name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    _require_distinct(held, [name for columns in wanted for name in columns])
    times = f"SELECT {quoted(EVENT_TIME)}::TIMESTAMPTZ AS t FROM {rows}"
    ((first, last),) = connection.execute(f"SELECT min(t), max(t) FROM ({times})").fetchall()
    joined = []
    for view, columns in zip(views, wanted, strict=True):
        ttl = view.ttl or None
        since = max(first - ttl, _FIRST) if ttl and first else _FIRST
        joined.append(_view_rows(connection, config, view, columns, since, last or _LAST))
    return point_in_time(rows, EVENT_TIME, joined, by_created)


def _view_rows(
    connection: Any,
    config: RepoConfig,
    view: FeatureView,
    columns: dict[str, str],
    since: datetime,
    until: datetime,
) -> ViewRows:
    source = view.batch_source
    relation = _relation(connection, config, source, since, until)
    inside = f"{quoted(source.timestamp_field)}::TIMESTAMPTZ BETWEEN {_literal(since)} AND {_literal(until)}"
    keys = view.projection.join_key_map or {column.name: column.name for column in view.entity_columns}
    return ViewRows(
        relation=f"(SELECT * FROM {relation} WHERE {inside})",
        time=source.timestamp_field,
        created=source.created_timestamp_column or None,
        keys={outer: inner for inner, outer in keys.items()},
        columns=columns,
        values=[feature.name for feature in view.features],
        ttl=view.ttl or None,
    )


def _projected(view: FeatureView, feature_refs: Sequence[str], full_names: bool) -> dict[str, str]:
    """Column of the result to the view's feature."""
    name = view.projection.name_to_use()
    prefix = f"{view.projection.name_alias or view.name}__" if full_names else ""
    chosen = [ref.split(":", 1)[1] for ref in feature_refs if ref.startswith(f"{name}:")]
    return {f"{prefix}{feature}": feature for feature in chosen}


def _require_distinct(held: Sequence[str], added: Sequence[str]) -> None:
    twice = sorted(name for name in added if name in held or added.count(name) > 1)
    if twice:
        raise ValueError(f"columns that would come twice: {', '.join(dict.fromkeys(twice))}")


def _relation(
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
        source.query.strip().rstrip(";").replace("$since", _literal(since)).replace("$until", _literal(until))
    )
    return f"(WITH {', '.join(tables)} SELECT * FROM (\n{query}\n))"


def _file(connection: Any, config: RepoConfig, source: FileSource) -> str:
    place = FileSource.get_uri_for_file_path(config.repo_path, source.path)
    if "://" not in place:
        files = f"{place}/**/*.parquet" if Path(place).is_dir() else place
        return f"read_parquet({text(files)})"
    connection.register(f"file {place}", open_files(place, "").dataset)
    return quoted(f"file {place}")


@contextmanager
def _connected(config: RepoConfig) -> Iterator[Any]:
    backend = engine()
    try:
        backend.raw_sql(f"SET memory_limit = '{config.offline_store.memory_mb}MB'")
        yield backend.con
    finally:
        backend.disconnect()


def _literal(instant: datetime) -> str:
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return f"TIMESTAMPTZ '{aware.isoformat(sep=' ', timespec='microseconds')}'"
