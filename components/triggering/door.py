"""A window's findings brought to the door: what came of earlier trainings, what knocks now, and what is decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from components.contracts.decisions import Decision, Event, Outcome, Record
from components.contracts.monitoring import CollectionReport, DriftReport, PerformanceReport
from components.contracts.reports import RunSummary
from components.contracts.watching import Monitoring, Triggering
from components.triggering.page import Findings
from components.triggering.policy import decide
from components.triggering.signals import events, outcomes


class Door(Protocol):
    """Where decisions are kept; `components.stores.decisions.Decisions` is one."""

    def settle(
        self, event: Event, rule: Callable[[Event, Sequence[Record]], Decision], run: str = ""
    ) -> Record:
        """Decide an event once."""

    def history(self, use_case: str) -> tuple[Record, ...]:
        """All decisions of a use case."""

    def conclude(self, event: Event, outcome: Outcome) -> None:
        """Keep whether a training helped."""


def knock(
    found: Findings,
    monitoring: Monitoring,
    triggering: Triggering,
    door: Door,
    runs: Sequence[RunSummary],
    page: str,
) -> Findings:
    """Conclude trainings whose effect can be told now, then let every cause knock.

    Args:
        found: Of one window, nothing decided yet.
        monitoring: The use case's section.
        triggering: The use case's section.
        door: Where decisions are kept.
        runs: The use case's runs.
        page: Where the page will be.

    Returns:
        The findings with what was decided.
    """
    collected = found.collection
    told = outcomes(door.history(collected.use_case), runs, found.performance, collected.version)
    for record, outcome in told:
        door.conclude(record.decision.event, outcome)
    knocking = events(
        collected,
        found.drift,
        found.performance,
        monitoring,
        triggering,
        last_training(door.history(collected.use_case), collected),
        page,
    )
    records = tuple(door.settle(event, partial(decide, spec=triggering)) for event in knocking)
    concluded = tuple(record.model_copy(update={"outcome": outcome}) for record, outcome in told)
    return replace(found, records=records, concluded=concluded)


def last_training(history: Sequence[Record], collected: CollectionReport) -> datetime | None:
    """When the last training was decided; the last row that the champion knows where none was."""
    ends = [record.end for record in history if record.decision.trains]
    return max(ends, default=collected.trained_until)


def findings(
    collection: str,
    drift: str,
    performance: str,
    past: tuple[tuple[CollectionReport, PerformanceReport], ...],
) -> Findings:
    """The reports of a window in their files."""
    return Findings(
        CollectionReport.read(collection),
        DriftReport.read(drift),
        PerformanceReport.read(performance),
        (),
        past,
    )


def numbers(found: Findings) -> dict[str, float]:
    """What a dashboard draws over runs."""
    report = found.performance
    named = {
        f"{group}{metric}": estimate.value
        for group, estimates in (
            ("", report.champion),
            ("expected_", report.expected),
            ("regret_", report.over_champion),
        )
        for metric, estimate in estimates.items()
    }
    return named | {
        "rows": float(found.collection.rows),
        "label_coverage": found.collection.coverage,
        "drifted_columns": float(len(found.drift.drifted)),
        "feed_problems": float(len(found.drift.feed)),
    }
