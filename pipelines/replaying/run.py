"""A whole replay: the first training, the year with its server, and what other policies would have led to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from components.contracts.decisions import Record
from components.contracts.errors import UseCaseError
from components.contracts.reports import RunSummary
from components.settings import Settings
from components.stores.decisions import Decisions
from components.stores.features import Features
from components.stores.models import read_manifest, read_model
from components.stores.registry import Registry
from components.stores.runs import Runs
from components.stores.served import read_predictions
from pipelines import definitions, library, start, watch
from pipelines.backtesting.grid import checkpoints, event_times
from pipelines.replaying.quality import Judge, Policy, retrained
from pipelines.replaying.rest import Rest
from pipelines.replaying.rows import recorded, whole
from pipelines.replaying.year import Moment, live

Tell = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much."""


@dataclass(frozen=True)
class Replay:
    """What happened, and what would have."""

    entry: library.Entry
    metric: str
    start: datetime
    end: datetime
    every: str
    sample: float
    policies: tuple[Policy, ...]
    """The one that ran first."""
    records: tuple[Record, ...]
    """Every decision, earliest first."""
    runs: tuple[RunSummary, ...]
    """Every training, earliest first."""
    answered: int
    logged: int
    """Answered rows that are in the prediction log."""
    refused: tuple[str, ...]


def replay(
    entry: library.Entry,
    settings: Settings,
    start_: datetime | None,
    end: datetime | None,
    sample: float,
    build: Path,
    listen: Callable[[str, str], None],
    tell: Tell,
) -> Replay:
    """Live through `[start_, end)` with the servers and pipelines of this machine.

    Args:
        entry: The use case; its `monitoring.every` is how often is watched.
        settings: Of a home of the replay's own (`replaying.home`).
        start_: Midnight of the first day, at which the first model is trained; the first of the use case's replay when absent.
        end: Midnight after the last day; after the last row when absent.
        sample: Share of each day's rows that is sent.
        build: Where compiled pipelines go.
        listen: Told what a pipeline does.
        tell: Told how far it is.

    Raises:
        UseCaseError: The interval is empty, or unknown.
        RolloutError: Nothing serves after the first training.
        StoreError: A step of the monitoring pipeline failed.
    """
    definitions.bring(entry.case, settings)
    rows = whole(entry, settings.data, Features(settings))
    first, last = bounds(entry, rows, start_, end)
    world = Rest(entry, settings, build, listen)
    tell("training the first model", 0, (last - first).days)
    world.begin(first)
    every, event_time = entry.case.monitoring.every, str(entry.case.table.event_time)
    for moment in live(recorded(rows, event_time), world, first, last, every, sample):
        tell(_said(moment), min((moment.day - first).days + 1, (last - first).days), (last - first).days)
    world.settle()
    return _told(world, rows, (first, last), sample, tell)


def bounds(
    entry: library.Entry, rows: pa.Table, start_: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    """The first midnight and the one after the last day.

    Raises:
        UseCaseError: They are unknown, or there is no day between them.
    """
    recorded_first = entry.case.extraction.replay.first if entry.case.extraction.replay else None
    first = start_ or recorded_first
    if first is None:
        raise UseCaseError("give --from: the instant at which the first model is trained")
    latest = event_times(rows, entry)[-1].astype("datetime64[D]").item()
    last = end or datetime(latest.year, latest.month, latest.day, tzinfo=UTC) + timedelta(days=1)
    require_days(first, last)
    return first, last


def require_days(first: datetime, last: datetime) -> None:
    """Hold the bounds of a replay against what it can do, before it does anything.

    Raises:
        UseCaseError: They are no midnights, or there is no day between them.
    """
    midnights = [one.replace(hour=0, minute=0, second=0, microsecond=0) for one in (first, last)]
    if midnights != [first, last]:
        raise UseCaseError("a replay begins and ends at midnight, UTC; give dates, as in 2013-03-01")
    if first >= last:
        raise UseCaseError(f"there is no day from {first:%Y-%m-%d} to {last:%Y-%m-%d}")


def _said(moment: Moment) -> str:
    what = " trained" if moment.trained else " watched" if moment.watched else ""
    return f"{moment.day:%Y-%m-%d}{what}"


def _told(world: Rest, rows: pa.Table, span: tuple[datetime, datetime], sample: float, tell: Tell) -> Replay:
    entry, settings, (first, last) = world.entry, world.settings, span
    case = entry.case
    metric = watch.metric(case)
    logged = read_predictions(settings.predictions_uri(), case.name, first, last).to_pyarrow()
    runs = tuple(reversed(start.history_of(case.name, settings)))
    return Replay(
        entry=entry,
        metric=metric,
        start=first,
        end=last,
        every=case.monitoring.every,
        sample=sample,
        policies=_policies(world, Judge.of(entry, metric, world.sent, logged), rows, span, runs, tell),
        records=tuple(sorted(Decisions(settings).history(case.name), key=lambda one: one.end)),
        runs=runs,
        answered=sum(table.num_rows for table in world.sent),
        logged=logged.num_rows,
        refused=tuple(world.refused),
    )


def _policies(
    world: Rest, judge: Judge, rows: pa.Table, span: tuple[datetime, datetime], runs: tuple[RunSummary, ...],
    tell: Tell,
) -> tuple[Policy, ...]:  # fmt: skip
    entry, (first, last) = world.entry, span
    registry = Registry(Runs(world.settings), entry.case.name)
    numbers = sorted(set(judge.logged["version"].to_pylist()))
    manifests = {number: read_manifest(registry.version(number).address) for number in numbers}
    at = checkpoints(first, last, entry.case.monitoring.every)
    alone = read_model(registry.version(runs[0].version).address)
    fresh, seconds = retrained(
        entry, alone, rows, at[1:], lambda done, of: tell("fitting a model of every step", done, of)
    )
    later = [run for run in runs[1:] if run.seconds is not None]
    return (
        Policy(
            "as it ran",
            judge.served(manifests),
            tuple(start.parsed(run.as_of) for run in later),
            sum(run.seconds or 0.0 for run in later),
            sum(world.watching),
        ),
        Policy("the first model, left alone", judge.would_have([alone], [first]), (), 0.0, 0.0),
        Policy(
            f"a new model every {entry.case.monitoring.every}",
            judge.would_have([alone, *fresh], at),
            tuple(at[1:]),
            seconds,
            0.0,
        ),
    )
