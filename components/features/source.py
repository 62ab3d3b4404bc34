"""Where the rows of a feature view come from when they are computed: a query over tables, kept in Feast's registry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from feast.data_source import DataSource
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.repo_config import RepoConfig
from feast.type_map import pa_to_feast_value_type


class QuerySource(DataSource):  # type: ignore[misc]
    """Rows with an event time each, out of a query that DuckDB runs when they are asked for.

    As Feast's sources for SQL databases are, for files. Nothing is stored that could grow stale, and features follow from
    the tables as they are.

    Only event times in a certain interval are ever asked for. A query may read less by naming its ends `$since` and
    `$until`; what it gives for event times inside must not depend on them.
    """

    def __init__(
        self,
        *,
        name: str,
        query: str,
        tables: Mapping[str, str],
        timestamp_field: str,
        created_timestamp_column: str = "",
        field_mapping: Mapping[str, str] | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
    ) -> None:
        """A source.

        Args:
            name: What the source is called.
            query: DuckDB's SQL over the tables.
            tables: Name to file, folder, gs:// or s3:// address; relative to EVERGREEN_DATA.
            timestamp_field: Column of the event time.
            created_timestamp_column: Column of the instant at which a row was written, where there is one.
            field_mapping: Column of the query to the feature's name, where they differ.
            description: For the reader.
            tags: For the reader.
            owner: Who answers for it.
        """
        super().__init__(
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=dict(field_mapping or {}),
            description=description,
            tags=dict(tags or {}),
            owner=owner,
        )
        self.query = query
        self.tables = dict(tables)

    def __hash__(self) -> int:
        return hash((self.name, self.query))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, QuerySource)
            and super().__eq__(other)
            and (self.query, self.tables) == (other.query, other.tables)
        )

    def source_type(self) -> Any:
        """Feast's word for sources of others."""
        return DataSourceProto.CUSTOM_SOURCE

    @staticmethod
    def from_proto(data_source: Any) -> QuerySource:
        """A source out of the registry."""
        kept = json.loads(data_source.custom_options.configuration)
        return QuerySource(
            name=data_source.name,
            query=kept["query"],
            tables=kept["tables"],
            timestamp_field=data_source.timestamp_field,
            created_timestamp_column=data_source.created_timestamp_column,
            field_mapping=data_source.field_mapping,
            description=data_source.description,
            tags=data_source.tags,
            owner=data_source.owner,
        )

    def _to_proto_impl(self) -> Any:
        kept = json.dumps({"query": self.query, "tables": self.tables}, sort_keys=True).encode()
        proto = DataSourceProto(
            name=self.name,
            type=DataSourceProto.CUSTOM_SOURCE,
            data_source_class_type=f"{QuerySource.__module__}.{QuerySource.__name__}",
            field_mapping=self.field_mapping,
            custom_options=DataSourceProto.CustomSourceOptions(configuration=kept),
            description=self.description,
            tags=self.tags,
            owner=self.owner,
        )
        proto.timestamp_field = self.timestamp_field
        proto.created_timestamp_column = self.created_timestamp_column
        return proto

    def validate(self, config: RepoConfig) -> None:
        """Feast calls it when definitions are applied; `evergreen features check` holds the query against its schema."""

    @staticmethod
    def source_datatype_to_feast_value_type() -> Any:
        """How Feast reads the types that `get_table_column_names_and_types` gives."""
        return pa_to_feast_value_type

    def get_table_column_names_and_types(self, config: RepoConfig) -> Iterable[tuple[str, str]]:
        """The query's columns, each with the type it has in Arrow."""
        from components.features.relations import columns_of

        return columns_of(self, config)
