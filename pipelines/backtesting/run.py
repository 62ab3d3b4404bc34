"""A whole backtest: fit the grid, live through every policy, tell what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from components.contracts.errors import UseCaseError
from components.extraction.extract import PointInTime
from pipelines import library, watch
from pipelines.backtesting.grid import Grid, all_rows, build, event_times
from pipelines.backtesting.past import Past
from pipelines.backtesting.policies import policies
from pipelines.backtesting.report import markdown, render
from pipelines.backtesting.simulate import Life, live


@dataclass(frozen=True)
class Backtest:
    """What every policy led to."""

    grid: Grid
    metric: str
    lives: tuple[Life, ...]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the page and the table into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        page, table = folder / "backtest.html", folder / "backtest.md"
        page.write_text(render(self.lives, self.grid, self.metric), encoding="utf-8")
        table.write_text(markdown(self.lives, self.metric), encoding="utf-8")
        return page, table


def backtest(
    entry: library.Entry,
    data: str,
    start: datetime | None,
    end: datetime | None,
    workers: int,
    tell: Callable[[int, int], None],
    features: PointInTime | None = None,
) -> Backtest:
    """Try the policies of `policies` on the past of a use case.

    Args:
        entry: The use case.
        data: What relative addresses are relative to.
        start: The first checkpoint; the first of the replay when absent.
        end: When the past is over; the last row when absent.
        workers: Processes that fit.
        tell: Told how many of the models are fitted.
        features: The feature store, where the use case looks features up.

    Raises:
        UseCaseError: It has no event time, or it is not told where to start.
    """
    case = entry.case
    if case.table.event_time is None:
        raise UseCaseError("a backtest follows time, and needs table.event_time")
    first = start or (case.extraction.replay.first if case.extraction.replay else None)
    if first is None:
        raise UseCaseError("give --from: the first instant at which a model could have been trained")
    last = end or event_times(all_rows(entry, data, features), entry)[-1].astype(
        "datetime64[us]"
    ).item().replace(tzinfo=UTC)
    with TemporaryDirectory(prefix="evergreen-") as scratch:
        grid = build(entry, data, first, last, Path(scratch), workers, tell, features)
    metric = watch.metric(case)
    past = Past(grid, metric)
    good = _good(past)
    tried = policies(metric, good, case.triggering, case.monitoring.every)
    return Backtest(grid, metric, tuple(live(name, policy, past) for name, policy in tried.items()))


def _good(past: Past) -> float:
    """What the first model does in the first window that it can be judged on."""
    for at in range(1, len(past.grid.at)):
        own = past.performance(at, 0).champion.get(past.metric)
        if own is not None:
            return own.value
    raise UseCaseError(
        "no window has enough labelled rows; lower monitoring.min_rows or widen monitoring.window"
    )
