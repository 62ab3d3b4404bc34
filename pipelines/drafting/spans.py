"""What follows from how much time the rows span."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_STEPS = (
    (timedelta(hours=1), "1 hour"),
    (timedelta(days=1), "1 day"),
    (timedelta(days=7), "1 week"),
    (timedelta(days=30), "1 month"),
    (timedelta(days=91), "3 months"),
    (timedelta(days=365), "1 year"),
)

RECORD = timedelta(days=30)
"""Rows that ended longer ago are a record: nothing new comes."""


def instant(value: date | datetime) -> datetime:
    """A point in time in UTC; a date means its midnight."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def replay(first: datetime, last: datetime) -> tuple[str, str]:
    """Where recorded rows could be replayed from, and in which steps: some runs over their second half."""
    middle = first + (last - first) / 2
    length, step = max((one for one in _STEPS if one[0] <= (last - middle) / 6), default=_STEPS[0])
    form = "%Y-%m-%d" if length >= timedelta(days=1) else "%Y-%m-%dT%H:00:00Z"
    return middle.strftime(form), step


def block(first: datetime, last: datetime, held_out: float) -> str | None:
    """The block of the bootstrap: a day, unless the held-out share of the time has too few of them."""
    length = (last - first) * held_out
    if length >= timedelta(days=20):
        return "1 day"
    return "1 hour" if length >= timedelta(hours=20) else None
