"""The online store's values by key, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from feast import FeatureStore, FeatureView
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.type_map import feast_value_type_to_python_type, python_values_to_proto_values

CHUNK = 1_000
"""Keys that are asked for at a time; SQLite takes some tens of thousands."""


def values(
    store: FeatureStore, view: FeatureView, columns: Sequence[str], keys: Sequence[Mapping[str, Any]]
) -> list[tuple[datetime, dict[str, Any]] | None]:
    """The latest values of each key with their event time; None where there are none.

    Whether they still count is for the caller to say: Feast's own answer compares with the clock, and a request may be
    about another time.

    Args:
        store: The feature store.
        view: Which.
        columns: Its features.
        keys: The view's keys, one mapping per row; equal keys are read once.
    """
    names = [column.name for column in view.entity_columns]
    wanted = [tuple(key[name] for name in names) for key in keys]
    # A key with a part missing belongs to nothing, as in the join.
    distinct = [key for key in dict.fromkeys(wanted) if None not in key]
    found: dict[tuple[Any, ...], tuple[datetime, dict[str, Any]] | None] = {}
    for start in range(0, len(distinct), CHUNK):
        part = distinct[start : start + CHUNK]
        read = store._get_provider().online_read(store.config, view, _protos(view, part), list(columns))
        for key, (instant, held) in zip(part, read, strict=True):
            found[key] = _plain(instant, held, columns)
    return [found.get(key) for key in wanted]


def _protos(view: FeatureView, keys: Sequence[tuple[Any, ...]]) -> list[EntityKey]:
    columns = view.entity_columns
    converted = [
        python_values_to_proto_values([key[place] for key in keys], column.dtype.to_value_type())
        for place, column in enumerate(columns)
    ]
    names = [column.name for column in columns]
    return [EntityKey(join_keys=names, entity_values=parts) for parts in zip(*converted, strict=True)]


def _plain(
    instant: datetime | None, held: Mapping[str, Any] | None, columns: Sequence[str]
) -> tuple[datetime, dict[str, Any]] | None:
    if instant is None or held is None:
        return None
    plain = {name: feast_value_type_to_python_type(held[name]) if name in held else None for name in columns}
    return instant, plain
