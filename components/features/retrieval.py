"""Completing rows with features: the query for it, and the job that runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from feast.feature_view import FeatureView
from feast.infra.offline_stores.file_source import FileSource
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.repo_config import RepoConfig
from feast.saved_dataset import SavedDatasetStorage

from components.features.asof import ViewRows, point_in_time, quoted, text
from components.features.relations import FIRST, LAST, connected, literal, relation_of

EVENT_TIME = "event_timestamp"
"""Feast's name for the time of the rows to be completed."""


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
        with connected(self._config) as connection:
            return self._sql(connection)

    def to_parquet(self, path: Path, without: Sequence[str] = ()) -> None:
        """Write the result, or all but some of its columns, to a file; memory does not grow with it.

        On-demand views are left out.
        """
        with connected(self._config) as connection:
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
        with connected(self._config) as connection:
            return connection.sql(self._sql(connection)).to_arrow_table()

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._to_arrow_internal().to_pandas()
        return frame


def historical(
    connection: Any,
    config: RepoConfig,
    entity_df: pd.DataFrame | str,
    views: Sequence[FeatureView],
    wanted: Sequence[dict[str, str]],
    by_created: bool,
) -> str:
    """SQL for rows with the features of views beside them.

    Args:
        connection: Where the rows and the sources are made known.
        config: The store's.
        entity_df: Rows, or DuckDB's SQL for them.
        views: What is looked up.
        wanted: For each view, column of the result to its feature.
        by_created: Whether values that were written after a row's time count as unknown then.

    Raises:
        ValueError: A column would come twice.
    """
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
        since = max(first - ttl, FIRST) if ttl and first else FIRST
        joined.append(_view_rows(connection, config, view, columns, since, last or LAST))
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
    relation = relation_of(connection, config, source, since, until)
    inside = f"{quoted(source.timestamp_field)}::TIMESTAMPTZ BETWEEN {literal(since)} AND {literal(until)}"
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


def projected(view: FeatureView, feature_refs: Sequence[str], full_names: bool) -> dict[str, str]:
    """Column of the result to the view's feature."""
    name = view.projection.name_to_use()
    prefix = f"{view.projection.name_alias or view.name}__" if full_names else ""
    chosen = [ref.split(":", 1)[1] for ref in feature_refs if ref.startswith(f"{name}:")]
    return {f"{prefix}{feature}": feature for feature in chosen}


def _require_distinct(held: Sequence[str], added: Sequence[str]) -> None:
    twice = sorted(name for name in added if name in held or added.count(name) > 1)
    if twice:
        raise ValueError(f"columns that would come twice: {', '.join(dict.fromkeys(twice))}")
