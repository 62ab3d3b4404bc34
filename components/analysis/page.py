"""The findings as one page that needs no other file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.analysis import plots
from components.pages import render as pages

if TYPE_CHECKING:
    from components.analysis.plots import Bar, Row
    from components.contracts.reports import (
        AnalysisReport,
        Anomaly,
        ColumnDrift,
        ColumnStatistics,
        Statistics,
    )
    from components.contracts.schema import TableSchema


@dataclass(frozen=True)
class Card:
    """One column on the page."""

    column: ColumnStatistics
    facts: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    values: tuple[Row, ...]
    ends: tuple[str, str]
    anomalies: tuple[Anomaly, ...]
    moved: ColumnDrift | None


def render(
    statistics: Statistics, report: AnalysisReport, schema: TableSchema, reference: Statistics | None = None
) -> str:
    """The page as HTML. What comes from the rows is escaped.

    Args:
        statistics: What the rows look like.
        report: What was found out about them.
        schema: Its limits are shown beside the drift.
        reference: Drawn behind the columns where there is one.
    """
    before = {column.name: column for column in reference.columns} if reference else {}
    moved = {drift.column: drift for drift in report.drift}
    cards = [
        _card(column, before.get(column.name), report.anomalies, moved.get(column.name))
        for column in statistics.columns
    ]
    return pages.render(
        "analysis/page.html",
        statistics=statistics,
        report=report,
        warnings=[anomaly for anomaly in report.anomalies if anomaly.severity == "warning"],
        limits={name: schema.drift_limits(name) for name in moved},
        cards=cards,
        plot=(plots.WIDTH, plots.HEIGHT),
    )


def _card(
    column: ColumnStatistics,
    before: ColumnStatistics | None,
    anomalies: tuple[Anomaly, ...],
    moved: ColumnDrift | None,
) -> Card:
    same = before if before is not None and before.type == column.type else None
    bars = plots.histogram(column, same)
    return Card(
        column=column,
        facts=_facts(column),
        bars=bars,
        values=() if bars else plots.values(column, same),
        ends=plots.axis(column),
        anomalies=tuple(anomaly for anomaly in anomalies if anomaly.column == column.name),
        moved=moved,
    )


def _facts(column: ColumnStatistics) -> tuple[tuple[str, str], ...]:
    facts = [("nulls", _part(column.nulls, column.rows)), ("distinct", f"{column.distinct:,}")]
    if column.non_finite:
        facts.append(("not finite", _part(column.non_finite, column.rows)))
    if column.quantiles:
        low, median, high = (plots.show(column.quantiles[place], _coarse(column)) for place in (1, 10, 19))
        facts += [
            ("mean", plots.show(column.mean, _coarse(column))),
            ("std", plots.span(column.std, column.type)),
            ("median", median),
            ("5 – 95 %", f"{low} – {high}"),
        ]
    if column.zeros:
        facts.append(("zeros", _part(column.zeros, column.rows)))
    return tuple(facts)


def _coarse(column: ColumnStatistics) -> str:
    """The type, or date for points in time that are days apart."""
    return "date" if column.type == "timestamp" and (column.std or 0) > 2 * 86_400 else column.type


def _part(count: int, rows: int) -> str:
    if count in (0, rows):
        return "none" if count == 0 else "all"
    return f"{count / rows:.1%}" if count / rows >= 0.001 else f"{count:,}"
