"""Bring the views of a use case online, each from where it stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from components.contracts.features import MaterializationReport, MaterializedView
from components.contracts.spec import period


class Online(Protocol):
    """What brings values online (`stores.features`)."""

    def materialize(self, view: str, since: datetime | None, until: datetime) -> None:
        """Bring the latest values with an event time in `[since, until]` online."""


class Reached(Protocol):
    """What remembers how far each view is online (`stores.watermarks`)."""

    def read(self, view: str) -> datetime | None:
        """Up to where a view is online."""

    def advance(self, view: str, until: datetime) -> None:
        """A view is online up to an instant now."""

    def claimed(self, view: str) -> AbstractContextManager[None]:
        """Nobody else does the same meanwhile."""


def materialize(
    views: Sequence[str], until: datetime, lateness: str, online: Online, reached: Reached
) -> MaterializationReport:
    """Bring views online up to an instant, each from where it stood.

    A view's mark moves when all of its values are online, so a run that was stopped is taken up by the next one where it
    was stopped. Values are written by key: the same ones again change nothing. A view that is further already is left
    alone, so that an older value never takes the place of a newer one.

    Args:
        views: Which.
        until: Later values stay out.
        lateness: How far before its mark a view is read once more, for values that came late.
        online: The feature store.
        reached: The marks.

    Raises:
        StoreError: The feature store cannot be read or written.
        ConflictError: Another process materializes one of the views.
    """
    return MaterializationReport(views=tuple(_brought(views, until, lateness, online, reached)))


def _brought(
    views: Sequence[str], until: datetime, lateness: str, online: Online, reached: Reached
) -> Iterator[MaterializedView]:
    for view in dict.fromkeys(views):
        with reached.claimed(view):
            before = reached.read(view)
            if before is not None and before >= until:
                yield MaterializedView(view=view, since=before, until=before, is_new=False)
                continue
            since = before - period(lateness) if before else None
            online.materialize(view, since, until)
            reached.advance(view, until)
            yield MaterializedView(view=view, since=since, until=until, is_new=True)
