"""Feast's offline store on DuckDB: point-in-time retrieval by ASOF JOIN, in bounded memory.

Definitions, registry, online store, command line and UI stay Feast's; named in feature_store.yaml as
`components.features.offline.AsofOfflineStore`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pandas as pd
from feast.data_source import DataSource
from feast.feature_view import FeatureView
from feast.infra.offline_stores.duckdb import DuckDBOfflineStore
from feast.infra.offline_stores.offline_store import RetrievalJob
from feast.infra.registry.base_registry import BaseRegistry
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.repo_config import FeastConfigBaseModel, RepoConfig

from components.features.asof import ViewRows, latest, quoted
from components.features.relations import FIRST, LAST, literal, relation_of
from components.features.retrieval import AsofRetrievalJob, historical, projected


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
        wanted = [projected(view, feature_refs, full_feature_names) for view in feature_views]

        def sql(connection: Any) -> str:
            return historical(
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
            relation = relation_of(connection, config, data_source, start_date, end_date)
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
            return latest(rows, literal(start_date), literal(end_date))

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
        since, until = start_date or FIRST, end_date or LAST
        times = [name for name in (timestamp_field, created_timestamp_column) if name]

        def sql(connection: Any) -> str:
            relation = relation_of(connection, config, data_source, since, until)
            names = ", ".join(map(quoted, [*join_key_columns, *feature_name_columns, *times]))
            inside = f"{quoted(timestamp_field)}::TIMESTAMPTZ BETWEEN {literal(since)} AND {literal(until)}"
            return f"SELECT {names} FROM {relation} WHERE {inside}"

        return AsofRetrievalJob(config, sql, feature_name_columns)
