"""The online store's values by key, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from feast import FeatureView
from feast.infra.online_stores.helpers import get_online_store_from_config
from feast.infra.online_stores.online_store import OnlineStore
from feast.infra.online_stores.sqlite import SqliteOnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.repo_config import RepoConfig
from feast.type_map import feast_value_type_to_python_type, python_values_to_proto_values

from components.contracts.features import KeyedView, Latest
from components.features.fields import FEAST

CHUNK = 1_000
"""Keys that are asked for at a time; SQLite takes some tens of thousands."""


def file_of(config: RepoConfig) -> Path | None:
    """Where the online store is, when it is a file of this machine."""
    store = config.online_store
    return Path(SqliteOnlineStore._get_db_path(config)) if store.type == "sqlite" else None


class Reader:
    """Feast's online store alone: neither its registry nor the definitions are read."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        # Feast opens a registry when it is asked for one; here nobody asks.
        self.config = RepoConfig(**config, registry="unused")
        self._store: OnlineStore = get_online_store_from_config(self.config.online_store)
        self._views: dict[str, FeatureView] = {}
        # Feast's SQLite store has one connection, whose cached statements two threads would bind at once.
        self.file = file_of(self.config)
        self._alone = nullcontext() if self.file is None else Lock()

    def values(self, view: KeyedView, keys: Sequence[Mapping[str, Any]]) -> list[Latest]:
        """The latest values of each key.

        Whether they still count is for the caller to say: Feast's own answer compares with the clock, and a request may be
        about another time.

        Args:
            view: Which.
            keys: The view's keys, one mapping per row; equal keys are read once.
        """
        wanted = [tuple(key[name] for name in view.keys) for key in keys]
        # A key with a part missing belongs to nothing, as in the join.
        distinct = [key for key in dict.fromkeys(wanted) if None not in key]
        named, columns = self._named(view.name), list(view.columns)
        found: dict[tuple[Any, ...], Latest] = {}
        for start in range(0, len(distinct), CHUNK):
            part = distinct[start : start + CHUNK]
            with self._alone:
                read = self._store.online_read(self.config, named, _protos(view, part), columns)
            for key, (instant, held) in zip(part, read, strict=True):
                found[key] = _plain(instant, held, columns)
        return [found.get(key) for key in wanted]

    def _named(self, name: str) -> FeatureView:
        # Of a view, reading needs the name alone; to make one costs more than to read.
        if name not in self._views:
            self._views[name] = FeatureView(name=name)
        return self._views[name]


def _protos(view: KeyedView, keys: Sequence[tuple[Any, ...]]) -> list[EntityKey]:
    converted = [
        python_values_to_proto_values([key[place] for key in keys], FEAST[kind].to_value_type())
        for place, kind in enumerate(view.keys.values())
    ]
    names = list(view.keys)
    return [EntityKey(join_keys=names, entity_values=parts) for parts in zip(*converted, strict=True)]


def _plain(instant: datetime | None, held: Mapping[str, Any] | None, columns: Sequence[str]) -> Latest:
    if instant is None or held is None:
        return None
    return instant, {
        name: feast_value_type_to_python_type(held[name]) if name in held else None for name in columns
    }
