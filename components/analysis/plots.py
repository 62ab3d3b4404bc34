"""Histograms and lists of values as bars for a page: positions and sizes, drawn by the template as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from components.analysis.drift import share_at_most

if TYPE_CHECKING:
    from components.contracts.reports import ColumnStatistics

WIDTH, HEIGHT = 300.0, 84.0
"""Of a plot, in SVG units."""

LISTED = 8
"""Values that are drawn; the rest is one bar."""


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram, and where the reference's would end."""

    x: float
    y: float
    width: float
    height: float
    reference_y: float | None
    title: str
    tail: bool
    """Whether the bar reaches out to far values and is wider than it is drawn."""


@dataclass(frozen=True)
class Row:
    """A value and how often it occurs, in per cent of the longest bar."""

    label: str
    width: float
    reference: float | None
    share: str
    rest: bool = False


def histogram(column: ColumnStatistics, reference: ColumnStatistics | None) -> tuple[Bar, ...]:
    """The bars of an ordered column, all equally wide."""
    bins = column.histogram
    total = sum(bar.count for bar in bins)
    if not total:
        return ()
    shares = [bar.count / total for bar in bins]
    before = _shares_before(column, reference)
    highest = max([*shares, *(before or [])])
    width = WIDTH / len(bins)
    usual = float(np.median([bar.high - bar.low for bar in bins]))
    return tuple(
        Bar(
            x=place * width + 0.5,
            y=HEIGHT * (1 - share / highest),
            width=width - 1,
            height=HEIGHT * share / highest,
            reference_y=None if before is None else HEIGHT * (1 - before[place] / highest),
            title=f"{show(bar.low, column.type)} – {show(bar.high, column.type)}: {bar.count:,} ({share:.1%})",
            tail=len(bins) > 2 and place in (0, len(bins) - 1) and bar.high - bar.low > 1.5 * usual,
        )
        for place, (bar, share) in enumerate(zip(bins, shares, strict=True))
    )


def _shares_before(column: ColumnStatistics, reference: ColumnStatistics | None) -> list[float] | None:
    """The reference's shares in this column's bars."""
    if reference is None or not reference.quantiles:
        return None
    edges = np.array([bar.low for bar in column.histogram[1:]])
    if reference.other == 0 and reference.type in ("int64", "float64"):
        values = np.array([float(value.value) for value in reference.top])
        counts = np.array([value.count for value in reference.top])
        below = np.array([counts[values < edge].sum() for edge in edges]) / counts.sum()
    else:
        below = share_at_most(reference, np.nextafter(edges, -np.inf))
    return [float(share) for share in np.diff(below, prepend=0.0, append=1.0)]


def values(column: ColumnStatistics, reference: ColumnStatistics | None) -> tuple[Row, ...]:
    """The most frequent values, and the others together."""
    total = sum(value.count for value in column.top) + column.other
    if not total:
        return ()
    before = _value_shares(reference)
    shown = column.top[:LISTED]
    shares = [value.count / total for value in shown]
    known = [before.get(value.value) for value in shown]
    rest = 1 - sum(shares)
    longest = max([*shares, *(share for share in known if share is not None), rest, 1e-9])
    rows = [
        Row(
            label=value.value,
            width=100 * share / longest,
            reference=None if was is None else 100 * was / longest,
            share=f"{share:.1%}",
        )
        for value, share, was in zip(shown, shares, known, strict=True)
    ]
    if total > sum(value.count for value in shown):
        others = column.distinct - len(shown)
        rows.append(Row(f"{others:,} others", 100 * rest / longest, None, f"{rest:.1%}", rest=True))
    return tuple(rows)


def _value_shares(reference: ColumnStatistics | None) -> dict[str, float]:
    if reference is None:
        return {}
    total = sum(value.count for value in reference.top) + reference.other
    return {value.value: value.count / total for value in reference.top}


def show(value: float | None, kind: str) -> str:
    """A number, or a point in time, as a person writes it."""
    if value is None:
        return "–"
    if kind in ("timestamp", "date"):
        return _time(value, kind)
    if kind == "int64" and abs(value) < 1e15:
        digits = 0 if float(value).is_integer() else 1
        return f"{value:,.{digits}f}" if abs(value) >= 1e4 else f"{value:.{digits}f}"  # a year has no comma
    return f"{value:.4g}" if abs(value) < 1e4 or abs(value) >= 1e15 else f"{value:,.0f}"


def _time(seconds: float, kind: str) -> str:
    try:
        instant = datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.4g} s"
    return instant.strftime("%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M")


def span(seconds: float | None, kind: str) -> str:
    """A length on a column's axis: of time in days."""
    if seconds is None or kind not in ("timestamp", "date"):
        return show(seconds, "float64")
    return f"{seconds / 86_400:.3g} days"


def axis(column: ColumnStatistics) -> tuple[str, str]:
    """What the ends of a histogram stand for."""
    return (show(column.min, column.type), show(column.max, column.type))
