"""A backtest as a table and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from components.contracts.metrics import higher_is_better
from components.pages import render as pages
from components.pages import svg
from pipelines.backtesting.grid import Grid
from pipelines.backtesting.simulate import Life, frontier


def ordered(lives: Sequence[Life], metric: str) -> list[Life]:
    """Best first; of equals the one with fewer trainings."""
    sign = -1 if higher_is_better(metric) else 1
    return sorted(lives, key=lambda one: (sign * one.quality, len(one.trainings)))


def markdown(lives: Sequence[Life], metric: str) -> str:
    """The lives as a table; those on the frontier in bold."""
    best = {one.name for one in frontier(lives, metric)}
    lines = [
        f"| policy | {metric}, mean of months | trainings | training s | shadow s | trained as of |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for one in ordered(lives, metric):
        name = f"**{one.name}**" if one.name in best else one.name
        lines.append(
            f"| {name} | {one.quality:.4g} | {len(one.trainings)} | {one.seconds:.0f} | {one.shadow_seconds:.0f} | "
            f"{_dates(one)} |"
        )
    return "\n".join(lines) + "\n"


def by_month(lives: Sequence[Life], names: Sequence[str]) -> str:
    """The months of some lives as a table."""
    chosen = [one for one in lives if one.name in names]
    months = list(chosen[0].months)
    lines = [
        "| policy | " + " | ".join(f"{month:%Y-%m}" for month in months) + " |",
        "|---|" + "---:|" * len(months),
    ]
    lines += [
        f"| {one.name} | " + " | ".join(f"{value:.4g}" for value in one.months.values()) + " |"
        for one in chosen
    ]
    return "\n".join(lines) + "\n"


def render(lives: Sequence[Life], grid: Grid, metric: str) -> str:
    """One self-contained HTML page."""
    best = frontier(lives, metric)
    drawn = _compared(ordered(lives, metric))
    return pages.render(
        "pages/backtest.html",
        case=grid.entry.case,
        metric=metric,
        first=grid.at[0],
        last=grid.at[-1],
        rows=grid.rows.num_rows,
        checkpoints=len(grid.at),
        lives=ordered(lives, metric),
        best={one.name for one in best},
        cloud=_cloud(lives, best, metric),
        trend=_trend(drawn, metric),
        drawn=drawn,
        months=list(lives[0].months),
        dates=_dates,
    )


def _cloud(lives: Sequence[Life], best: Sequence[Life], metric: str) -> Markup:
    rising = sorted(best, key=lambda one: len(one.trainings))
    others = [one for one in lives if one not in best]
    return svg.lines(
        [
            svg.Series("frontier", "candidate", *_points(rising)),
            svg.Series("frontier", "candidate", *_points(rising), marks=True),
            svg.Series("other policies", "baseline", *_points(others), marks=True),
        ],
        "trainings",
        metric,
    )


def _points(lives: Sequence[Life]) -> tuple[list[float], list[float]]:
    return [float(len(one.trainings)) for one in lives], [one.quality for one in lives]


def _compared(lives: Sequence[Life]) -> dict[str, Life]:
    """The policies whose months are drawn, by colour: the use case's own, one by the clock, and none."""
    named = {one.name: one for one in lives}
    by_clock = [one for one in lives if one.name.startswith("every")]
    return {
        "candidate": named.get("the use case's own", lives[0]),
        "champion": named.get("every 1 month", by_clock[0] if by_clock else lives[0]),
        "baseline": named.get("never", lives[-1]),
    }


def _trend(drawn: Mapping[str, Life], metric: str) -> Markup:
    return svg.lines(
        [
            svg.Series(
                one.name, kind, [float(at) for at, _ in enumerate(one.months)], list(one.months.values())
            )
            for kind, one in drawn.items()
        ],
        "month",
        metric,
    )


def _dates(one: Life) -> str:
    ends = [record.end for record in one.trainings]
    return ", ".join(f"{end:%m-%d}" for end in ends[:12]) + (
        f" and {len(ends) - 12} more" if len(ends) > 12 else ""
    )
