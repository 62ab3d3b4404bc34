"""The year as it happened, as a function of who serves, who watches and who trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.spec import period


class World(Protocol):
    """What the year is lived in. On one machine offline, or with a real endpoint, or on a cluster."""

    def serve(self, rows: pa.Table) -> int:
        """Let the model that serves answer rows, in order of event time, and log them; how many were answered."""

    def watch(self, end: datetime) -> bool:
        """Monitor the window that ends so, and train if it is decided; whether a training was started."""


@dataclass(frozen=True)
class Moment:
    """What happened on one day of the year."""

    day: datetime
    served: int
    watched: bool
    trained: bool


def live(
    rows: Callable[[datetime, datetime], pa.Table],
    world: World,
    start: datetime,
    end: datetime,
    every: str,
    sample: float = 1.0,
) -> Iterator[Moment]:
    """Live through the days of `[start, end)`.

    At midnight first what is due is watched, on what was known until then; then the day's rows are served. Labels need
    no sending: they are in the source with the instant that they became available, and nobody looks before it.

    Args:
        rows: The rows of an interval of event time, in its order.
        world: Who serves and who watches.
        start: Midnight of the first day.
        end: Midnight after the last.
        every: The period after which the next window is watched.
        sample: Share of each day's rows that is served, the same rows in every run.
    """
    day, due = start, start + period(every)
    while day < end:
        watched = day >= due
        trained = watched and world.watch(day)
        while day >= due:
            due += period(every)
        todays = thinned(rows(day, day + timedelta(days=1)), sample)
        yield Moment(day, world.serve(todays) if todays.num_rows else 0, watched, trained)
        day += timedelta(days=1)
    if day >= due:
        yield Moment(day, 0, True, world.watch(day))


def thinned(rows: pa.Table, share: float) -> pa.Table:
    """Every so manieth row; deterministic, and spread over the day."""
    if share >= 1:
        return rows
    places = pc.cast(pc.floor(pc.multiply(pa.array(range(rows.num_rows)), share)), pa.int64())
    before = pa.concat_arrays([pa.array([-1], pa.int64()), places.slice(0, max(0, len(places) - 1))])
    return rows.filter(pc.not_equal(places, before.slice(0, len(places)))) if rows.num_rows else rows
