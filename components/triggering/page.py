"""The page about a window: how good the model was, what moved, and what was decided and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from components.contracts.decisions import Record
from components.contracts.monitoring import CollectionReport, DriftReport, PerformanceReport, Point
from components.contracts.reports import Estimate
from components.pages import render as pages
from components.pages import svg
from components.triggering.signals import interval

MOST_SHIFTS = 40
"""Columns and segments in a table for a reader; the report has all of them."""


@dataclass(frozen=True)
class Findings:
    """Everything that was found about one window."""

    collection: CollectionReport
    drift: DriftReport
    performance: PerformanceReport
    records: tuple[Record, ...]
    """What was decided about it."""
    past: tuple[tuple[CollectionReport, PerformanceReport], ...] = ()
    """Earlier windows, earliest first."""
    concluded: tuple[Record, ...] = ()
    """Earlier trainings of which this window tells whether they helped."""


def render(found: Findings) -> str:
    """One self-contained HTML page. What comes from the rows is escaped."""
    report = found.performance
    gains = {
        "the champion, by a model trained when the window began": report.over_champion,
        "a simple baseline fitted anew, by the champion": report.over_baseline,
        "the model before it, by the champion": report.over_predecessor,
    }
    return pages.render(
        "triggering/page.html",
        collected=found.collection,
        drift=found.drift,
        report=report,
        records=found.records,
        concluded=found.concluded,
        forests={name: _forest(estimates) for name, estimates in gains.items() if estimates},
        trend=_trend(found),
        shifts=found.drift.shifts[:MOST_SHIFTS],
        segments=found.drift.segments[:MOST_SHIFTS],
        moved=_bars(found.drift),
        slices=[part for part in report.slices if report.metric in part.over_champion],
        past=[
            (before, one.champion.get(report.metric), one.over_champion.get(report.metric))
            for before, one in found.past
        ],
        told=interval,
    )


def _forest(gains: Mapping[str, Estimate]) -> Markup:
    rows = [
        svg.Range(name, gain.value, gain.low, gain.high, interval(gain, "+")) for name, gain in gains.items()
    ]
    return svg.ranges(rows, "Gains with their intervals")


def _bars(drift: DriftReport) -> Markup:
    furthest = [
        svg.Bar(
            shift.column,
            shift.psi,
            f"{shift.psi:.2f}, limit {shift.limit:.2f}{' drifted' if shift.drifted else ''}",
        )
        for shift in drift.shifts[:12]
    ]
    return svg.bars(furthest, "Population stability index") if furthest else Markup()


def _trend(found: Findings) -> Markup:
    """The champion over earlier windows and parts of this one, with intervals."""
    metric = found.performance.metric
    points = [
        (_middle(before.start, before.end), one.champion[metric])
        for before, one in found.past
        if metric in one.champion
    ]
    points += [
        (_middle(part.start, part.end), part.metrics[metric])
        for part in _parts(found.performance.trend, metric)
    ]
    if not points:
        return Markup()
    points.sort(key=lambda point: point[0])
    days = [(when - points[-1][0]).total_seconds() / 86_400 for when, _ in points]
    lines = [
        svg.Series("lower end", "reference", days, [estimate.low for _, estimate in points]),
        svg.Series(metric, "champion", days, [estimate.value for _, estimate in points]),
        svg.Series("upper end", "reference", days, [estimate.high for _, estimate in points]),
    ]
    return svg.lines(lines, "days before the end", metric)


def _parts(trend: Sequence[Point], metric: str) -> list[Point]:
    return [part for part in trend if metric in part.metrics]


def _middle(start: datetime, end: datetime) -> datetime:
    return start + (end - start) / 2
