"""The feature store (Feast): one definition of each feature for training, testing and serving.

Feast takes seconds to import, so that happens when the store is first used; a use case that names no features never does.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from components.contracts.errors import StoreError
from components.contracts.features import KeyedView, ViewSummary, keyed
from components.contracts.sections import Lookup
from components.features.asof import quoted, text
from components.settings import Settings
from components.stores import feast_configuration as configuration
from components.stores.feast_configuration import explained

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView
    from feast.repo_contents import RepoContents

_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)


class Features:
    """Features by the name of their view."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.features_folder()
        """Feast's repository: feature_store.yaml and the definitions."""

    def views(self) -> tuple[ViewSummary, ...]:
        """All views of the registry, by name."""
        with explained("read"):
            found = self._store.list_feature_views()
        return tuple(sorted((summary(view) for view in found), key=lambda view: view.name))

    def defined(self) -> tuple[ViewSummary, ...]:
        """All views as the repository defines them, whether they were applied or not.

        Raises:
            UseCaseError: A definition is wrong.
        """
        return tuple(
            sorted((summary(view) for view in self._contents.feature_views), key=lambda view: view.name)
        )

    def apply(self) -> str:
        """Bring the repository's definitions to the registry; what changed, in Feast's words.

        Raises:
            UseCaseError: A definition is wrong.
            StoreError: The registry or the online store cannot be written.
        """
        from components.features.definitions import apply

        with explained("written"):
            return apply(self._store, self._contents)

    def source_columns(self, view: str) -> dict[str, str]:
        """The columns that the source of a view really has, as it is defined, each with its type in Arrow.

        Raises:
            StoreError: The source cannot be read.
        """
        found = {each.name: each for each in self._contents.feature_views}
        with explained("read"):
            return dict(found[view].batch_source.get_table_column_names_and_types(self._store.config))

    def complete(self, rows: Path, event_time: str, lookups: Sequence[Lookup], into: Path) -> None:
        """Write rows with the features as of each row's time; memory does not grow with them.

        A value that was written after a row's time counts as unknown then.

        Args:
            rows: A Parquet file, with the keys of each view.
            event_time: Its column of time.
            lookups: What is looked up.
            into: The file to write.

        Raises:
            StoreError: A view or a key is missing, or the store cannot be read.
        """
        names = [f"{lookup.view}:{column}" for lookup in lookups for column in lookup.columns]
        entities = f"SELECT *, {quoted(event_time)} AS event_timestamp FROM read_parquet({text(str(rows))})"  # noqa: S608
        with explained("read"):
            for lookup in lookups:
                self._view(lookup.view)
            job = self._store.get_historical_features(entities, names, filter_by_created_timestamp=True)
            job.to_parquet(into, without=["event_timestamp"])

    def materialize(self, view: str, since: datetime | None, until: datetime) -> None:
        """Bring the latest values with an event time in `[since, until]` online; again brings the same.

        Values that count for ever are read from the beginning: of what is always true, the event time does not say when
        it became known.

        Args:
            view: Which.
            since: None for the first time.
            until: Later values stay out.

        Raises:
            StoreError: There is no such view, or a store cannot be read or written.
        """
        with explained("written"), contextlib.redirect_stdout(None):
            ttl = self._view(view).ttl
            self._let_read_meanwhile()
            first = max(since or _BEGINNING, until - ttl) if ttl else _BEGINNING
            self._store.materialize(first, until, [view])

    def keyed(self, lookups: Sequence[Lookup]) -> tuple[KeyedView, ...]:
        """What is looked up, with what a model needs to do the same when it serves.

        Raises:
            StoreError: There is no such view, or the registry cannot be read.
        """
        with explained("read"):
            return keyed(lookups, [summary(self._view(lookup.view)) for lookup in lookups])

    def _let_read_meanwhile(self) -> None:
        """SQLite's readers wait for its writers, and time out, unless it writes ahead into a log."""
        from components.features.online import file_of

        file = file_of(self._store.config)
        if file is not None:
            with contextlib.closing(sqlite3.connect(file)) as database:
                database.execute("PRAGMA journal_mode = WAL")

    @cached_property
    def _store(self) -> FeatureStore:
        from feast import FeatureStore
        from feast.repo_config import RepoConfig

        with configuration.reading(self.folder):
            config = RepoConfig(**configuration.read(self.folder, self._settings), repo_path=self.folder)
        (self._settings.home / "features").mkdir(parents=True, exist_ok=True)
        with explained("opened"):
            return FeatureStore(config=config)

    @cached_property
    def _contents(self) -> RepoContents:
        from components.features.definitions import read

        return read(self.folder, self._store.project)

    def _view(self, name: str) -> FeatureView:
        return self._views[name] if name in self._views else self._unknown(name)

    @cached_property
    def _views(self) -> dict[str, FeatureView]:
        found = self._store.list_feature_views()
        if not found and self._store.config.registry.registry_type == "file":
            # A pod's own: nothing was applied to it, and nobody else will.
            self.apply()
            found = self._store.list_feature_views()
        return {view.name: view for view in found}

    def _unknown(self, name: str) -> FeatureView:
        known = ", ".join(sorted(self._views)) or "none; `evergreen features apply` brings the definitions"
        raise StoreError(f"the feature store has no view {name!r}; there are {known}")


def summary(view: FeatureView) -> ViewSummary:
    """A view in plain words."""
    from components.features.fields import type_of

    return ViewSummary(
        name=view.name,
        description=view.description,
        owner=view.owner,
        tags=dict(view.tags),
        keys={field.name: type_of(field) for field in view.entity_columns},
        columns={field.name: type_of(field) for field in view.features},
        ttl=view.ttl or None,
        is_online=view.online,
        source=view.batch_source.name,
    )
