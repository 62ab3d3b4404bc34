"""What a feature view promises, in plain words: as the feature store's definitions say it, without the store's library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from components.contracts.reports import Report
from components.contracts.schema import ColumnType
from components.contracts.sections import Lookup


class ViewSummary(Report):
    """A feature view."""

    name: str
    description: str
    owner: str
    tags: dict[str, str]
    keys: dict[str, ColumnType]
    """Columns that name what a value belongs to."""
    columns: dict[str, ColumnType]
    """The features."""
    ttl: timedelta | None
    """How long a value counts; None for ever."""
    is_online: bool
    source: str
    """Where its values come from: a query's name, or an address."""


Latest = tuple[datetime, dict[str, Any]] | None
"""Of one key: the event time of the latest values of a view, and these by column; None where there are none."""


class KeyedView(Report):
    """What a model looks up in one feature view when it serves, and all that is needed to do so."""

    lookup: Lookup
    keys: dict[str, ColumnType]
    """Columns that name what a value belongs to, in the view's order."""
    ttl: timedelta | None = None
    """How long a value counts; None for ever."""

    @property
    def name(self) -> str:
        """The view's."""
        return self.lookup.view

    @property
    def columns(self) -> tuple[str, ...]:
        """The features that are looked up."""
        return self.lookup.columns


def keyed(lookups: Sequence[Lookup], views: Iterable[ViewSummary]) -> tuple[KeyedView, ...]:
    """What a use case looks up, with what the feature store says of it.

    Raises:
        KeyError: The store does not have one of the views.
    """
    known = {view.name: view for view in views}
    return tuple(
        KeyedView(lookup=each, keys=known[each.view].keys, ttl=known[each.view].ttl) for each in lookups
    )


def needed(views: Iterable[KeyedView], inputs: Iterable[str]) -> tuple[KeyedView, ...]:
    """The views without what a model does not take; a view that it takes nothing of is left out."""
    taken = frozenset(inputs)
    return tuple(_narrowed(view, taken) for view in views if not taken.isdisjoint(view.columns))


def _narrowed(view: KeyedView, taken: frozenset[str]) -> KeyedView:
    columns = tuple(name for name in view.columns if name in taken)
    defaults = {name: value for name, value in view.lookup.defaults.items() if name in taken}
    lookup = view.lookup.model_copy(update={"columns": columns, "defaults": defaults})
    return view.model_copy(update={"lookup": lookup})


class MaterializedView(Report):
    """How far one view is online."""

    view: str
    since: datetime | None
    """From which event time values were read; None from the first one that counts."""
    until: datetime
    """Up to where the view is online now."""
    is_new: bool
    """Whether it was behind, and something was done."""


class MaterializationReport(Report):
    """What was brought online."""

    views: tuple[MaterializedView, ...]
