"""What a feature view promises, in plain words: as the feature store's definitions say it, without the store's library."""

from __future__ import annotations

from datetime import datetime, timedelta

from components.contracts.reports import Report
from components.contracts.schema import ColumnType


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
