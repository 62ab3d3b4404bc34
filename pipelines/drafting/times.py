"""When rows happen and when they become available, among the dates and timestamps."""

# ruff: noqa: S608 (names and texts go through `quoted` and `literal`)
from __future__ import annotations

from dataclasses import dataclass

from pipelines.drafting.labels import Choice
from pipelines.drafting.profile import ColumnProfile, Profile
from pipelines.drafting.rows import Rows, quoted
from pipelines.drafting.words import AVAILABLE, EVENT, LATER, OTHER_TIMES, has

FEWEST = 10
"""Fewer instants cannot be split by time."""


@dataclass(frozen=True)
class Times:
    """What each date or timestamp is."""

    event: Choice | None = None
    available: Choice | None = None
    later: tuple[str, ...] = ()
    """Never before the event: what they tell may be known only afterwards."""
    other: tuple[str, ...] = ()

    def names(self) -> set[str]:
        """All of them."""
        return {choice.name for choice in (self.event, self.available) if choice} | {*self.later, *self.other}


def choose_times(profile: Profile, rows: Rows) -> Times:
    """What each date or timestamp is."""
    columns = [column for column in profile.columns if column.is_time and column.filled]
    names = [column.name for column in columns]
    scores = {
        column.name: _score(column, names, rows)
        for column in columns
        if column.distinct >= FEWEST and column.nulls <= 0.05 * column.rows
    }
    ranked = sorted((name for name, score in scores.items() if score > -2), key=lambda name: -scores[name])
    if not ranked:
        return Times(other=tuple(names))
    event = ranked[0]
    later = [name for name in names if name != event and _share_before(rows, event, name) >= 0.999]
    available = next((name for name in later if has(name, AVAILABLE)), None)
    reason = "the only time there is" if len(names) == 1 else "by its name, and by what is before what"
    return Times(
        Choice(event, reason, tuple(name for name in ranked[1:] if scores[name] > 0)),
        Choice(available, "by its name, and it is never before the event time") if available else None,
        tuple(name for name in later if name != available),
        tuple(name for name in names if name != event and name not in later),
    )


def _score(column: ColumnProfile, names: list[str], rows: Rows) -> float:
    name = column.name
    score = 3.0 * has(name, EVENT) - 3.0 * has(name, LATER) - 4.0 * has(name, OTHER_TIMES)
    score += column.type == "timestamp"
    others = [other for other in names if other != name]
    return score + 2 * (bool(others) and all(_share_before(rows, name, other) >= 0.99 for other in others))


def _share_before(rows: Rows, first: str, second: str) -> float:
    """In which share of the sampled rows that have both, one time is not after the other."""
    answer = rows.ask(f"SELECT avg(CAST({quoted(first)} <= {quoted(second)} AS INT)) FROM sample")
    return float(answer[0][0] or 0)
