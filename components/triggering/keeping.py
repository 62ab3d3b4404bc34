"""Between the steps and what is kept of a window."""

from __future__ import annotations

from datetime import datetime

from components.contracts.decisions import Record
from components.contracts.monitoring import CollectionReport, PerformanceReport
from components.contracts.reports import Report
from components.stores import objects, watch
from components.triggering.dispatch import starter
from components.triggering.outbox import Waiting, drain
from components.triggering.page import Findings, render
from components.triggering.prometheus import text

WINDOWS = 12
"""Earlier windows on a page."""

DECIDED = "decided.json"


class Decided(Report):
    """What was decided about a window."""

    records: tuple[Record, ...]
    concluded: tuple[Record, ...] = ()
    """Earlier trainings of which the window tells whether they helped."""


def look(
    collection: str, drift: str, performance: str, use_case: str, store: str
) -> tuple[str, str, str, tuple[tuple[CollectionReport, PerformanceReport], ...]]:
    """The files of a window's reports, and what was found about those before."""
    end = CollectionReport.read(collection).end
    return collection, drift, performance, watch.past(store, use_case, end, WINDOWS)


def files(found: Findings) -> dict[str, str]:
    """Everything that is kept of a window, by name."""
    return {
        watch.COLLECTION: found.collection.model_dump_json(indent=1),
        "drift.json": found.drift.model_dump_json(indent=1),
        watch.PERFORMANCE: found.performance.model_dump_json(indent=1),
        DECIDED: Decided(records=found.records, concluded=found.concluded).model_dump_json(indent=1),
        "metrics.prom": text(found),
        "page.html": render(found),
    }


def started(name: str, decisions: Waiting, use_case: str, now: datetime) -> tuple[Record, ...]:
    """The runs that were tried to be started; none where whoever runs the pipeline does it."""
    return drain(decisions, use_case, starter(name), now) if name else ()


def decided(place: str, tried: tuple[Record, ...]) -> tuple[Record, ...]:
    """What a person may be told: what was decided about a window, what came of starting it, and of trainings before.

    What came of it is kept beside what was found.

    Args:
        place: The folder that keeps what was found.
        tried: Decisions that were tried to be started, older ones too.
    """
    window = _read(f"{place}/{DECIDED}")
    latest = {record.decision.event.id: record for record in (*window.records, *tried)}
    records = tuple(latest[record.decision.event.id] for record in window.records)
    now = window.model_copy(update={"records": records})
    objects.write_bytes(f"{place}/{DECIDED}", now.model_dump_json(indent=1).encode())
    return (*latest.values(), *window.concluded)


def kept(store: str, use_case: str) -> tuple[Record, ...]:
    """The decisions about all windows that were judged, latest first, where their database is out of reach.

    Raises:
        StoreError: The store cannot be read.
    """
    ends = reversed(watch.ends(store, use_case))
    places = [f"{watch.folder(store, use_case, end)}/{DECIDED}" for end in ends]
    return tuple(record for place in places if objects.exists(place) for record in _read(place).records)


def _read(place: str) -> Decided:
    return Decided.model_validate_json(objects.read_bytes(place))
