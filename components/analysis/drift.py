"""How far the columns of a snapshot moved from those of an earlier one, by their statistics alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import jensenshannon

from components.contracts.reports import Anomaly, ColumnDrift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from components.contracts.reports import ColumnStatistics, Statistics
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Table

BINS = 10
"""Equally filled bins of a reference, as is usual for the index."""

CERTAIN = 3.09
"""Standard normal quantile of 99.9 %."""


def measure(reference: Statistics, current: Statistics, leave_out: Iterable[str]) -> tuple[ColumnDrift, ...]:
    """The drift of each column that both have with the same type, the largest first.

    Args:
        reference: What is compared against.
        current: What is judged.
        leave_out: Columns whose drift means nothing, such as times and keys.
    """
    before = {column.name: column for column in reference.columns}
    skipped = set(leave_out)
    found = [
        ColumnDrift(column=now.name, psi=psi(before[now.name], now), distance=distance(before[now.name], now))
        for now in current.columns
        if now.name in before and now.name not in skipped and now.type == before[now.name].type
    ]
    return tuple(sorted(found, key=lambda drift: (-drift.psi, drift.column)))


def without_meaning(table: Table) -> tuple[str, ...]:
    """Columns that are bound to move from one window to the next."""
    times = (name for name in (table.event_time, table.available_time) if name is not None)
    return (*times, *table.key)


def psi(reference: ColumnStatistics, current: ColumnStatistics) -> float:
    """Population stability index: the sum over bins of (p - q) ln(p / q) (Siddiqi, Credit Risk Scorecards, 2006).

    Bins are the values where both columns list all of theirs, or are not ordered; else tenths of the reference.
    Nulls and not finite values are bins too. An empty bin counts as half a row, so that the logarithm exists and
    a bin that is empty by chance weighs little.
    """
    return stability(*_bins(reference, current))


def stability(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """The index of rows (bins,) that were counted in the same bins."""
    p = np.maximum(before, 0.5) / max(before.sum(), 1)
    q = np.maximum(now, 0.5) / max(now.sum(), 1)
    used = (before > 0) | (now > 0)
    return float(np.sum(((p - q) * np.log(p / q))[used]))


def jensen_shannon(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """The root of the Jensen-Shannon divergence in bits, 0 to 1, which is a metric (Endres & Schindelin, 2003)."""
    return float(jensenshannon(before / max(before.sum(), 1), now / max(now.sum(), 1), base=2))


def noise(reference: ColumnStatistics, current: ColumnStatistics) -> float:
    """What the index stays under in 999 of 1,000 cases when nothing moved and rows were drawn one by one.

    Without drift it is distributed as (1/n + 1/m) times a chi-square of bins - 1 degrees of freedom (Yurdakul &
    Naranjo, Statistical properties of the population stability index, 2020); the quantile is Wilson and Hilferty's.
    """
    before, now = _bins(reference, current)
    freedom = max(int(np.sum((before > 0) | (now > 0))) - 1, 1)
    spread = 2 / (9 * freedom)
    quantile = freedom * (1 - spread + CERTAIN * spread**0.5) ** 3
    return float(quantile * (1 / max(reference.rows, 1) + 1 / max(current.rows, 1)))


def distance(reference: ColumnStatistics, current: ColumnStatistics) -> float | None:
    """Wasserstein distance in standard deviations of the reference; None where that has none.

    Of all values where both columns list theirs. Else the mean distance of the quantiles from 5 to 95 %, so that
    one far value does not pass for a moved column.
    """
    if not reference.quantiles or not current.quantiles or not reference.std:
        return None
    if reference.other == 0 and current.other == 0 and reference.type in ("int64", "float64"):
        moved = _wasserstein(_points(reference), _points(current))
    else:
        moved = float(np.mean(np.abs(np.subtract(reference.quantiles[1:-1], current.quantiles[1:-1]))))
    return moved / reference.std


def drift_anomalies(
    reference: Statistics, current: Statistics, drift: Iterable[ColumnDrift], schema: TableSchema
) -> tuple[Anomaly, ...]:
    """The columns that moved beyond their limits, and further than chance explains."""
    before = {column.name: column for column in reference.columns}
    now = {column.name: column for column in current.columns}
    found = []
    for moved in drift:
        limits = schema.drift_limits(moved.column)
        stops = limits.stop is not None and moved.psi > limits.stop
        if not (stops or moved.psi > limits.warn):
            continue
        if moved.psi <= noise(before[moved.column], now[moved.column]):
            continue
        found.append(_anomaly(moved, limits.stop if stops and limits.stop else limits.warn, stops))
    return tuple(found)


def _anomaly(moved: ColumnDrift, limit: float, stops: bool) -> Anomaly:
    far = "" if moved.distance is None else f", a distance of {moved.distance:.2g} standard deviations"
    return Anomaly(
        column=moved.column,
        check="drift",
        severity="error" if stops else "warning",
        message=f"{moved.column!r} moved from the reference snapshot by a PSI of {moved.psi:.3g}{far}; "
        f"the limit is {limit:g}",
    )


def _bins(
    reference: ColumnStatistics, current: ColumnStatistics
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows of both columns in the same bins; nulls and not finite values are the last two."""
    listed = reference.other == 0 and current.other == 0
    if reference.quantiles and current.quantiles and not listed:
        edges = np.unique(reference.quantiles[:: 20 // BINS][1:-1])
        if reference.min == reference.max:  # below, at and above its one value
            edges = np.array([np.nextafter(edges[0], -np.inf), edges[0]])
        bins = _below(reference, edges), _below(current, edges)
    else:
        bins = _by_value(reference, current)
    return (
        np.array([*bins[0], reference.nulls, reference.non_finite]),
        np.array([*bins[1], current.nulls, current.non_finite]),
    )


def _by_value(
    reference: ColumnStatistics, current: ColumnStatistics
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows by value. A value that one of them does not list is among its others, and so counts as such in both."""
    before = {value.value: float(value.count) for value in reference.top}
    now = {value.value: float(value.count) for value in current.top}
    shared = [value for value in before if value in now or current.other == 0]
    shared += [value for value in now if value not in before and reference.other == 0]
    rest = sum(before.values()) - sum(before.get(value, 0.0) for value in shared) + reference.other
    rest_now = sum(now.values()) - sum(now.get(value, 0.0) for value in shared) + current.other
    return (
        np.array([*(before.get(value, 0.0) for value in shared), rest]),
        np.array([*(now.get(value, 0.0) for value in shared), rest_now]),
    )


def _below(column: ColumnStatistics, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows in (-inf, e0], (e0, e1], …, (eN, inf)."""
    finite = column.rows - column.nulls - column.non_finite
    return np.diff(share_at_most(column, edges), prepend=0.0, append=1.0) * finite


def share_at_most(column: ColumnStatistics, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distribution function of a column, straight between its quantiles and the edges of its histogram."""
    counts = np.array([bar.count for bar in column.histogram])
    edges = np.array([bar.low for bar in column.histogram])
    # What lies below an edge, and what lies at or below a quantile; at one place the former comes first.
    known = np.concatenate([edges, column.quantiles])
    shares = np.concatenate(
        [(np.cumsum(counts) - counts) / counts.sum(), np.linspace(0, 1, len(column.quantiles))]
    )
    order = np.lexsort((shares, known))
    known, shares = known[order], np.maximum.accumulate(shares[order])
    last = np.searchsorted(known, points, side="right") - 1
    inside = (last >= 0) & (last < len(known) - 1)
    left, right = np.clip(last, 0, None), np.clip(last + 1, None, len(known) - 1)
    width = np.where(inside, known[right] - known[left], 1.0)
    part = np.where(inside, (points - known[left]) / width, 0.0)
    found = shares[left] * (1 - part) + shares[right] * part
    return np.asarray(np.where(last < 0, 0.0, np.where(last >= len(known) - 1, 1.0, found)))


def _points(column: ColumnStatistics) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.array([float(value.value) for value in column.top])
    weights = np.array([float(value.count) for value in column.top])
    return values, weights / weights.sum()


def _wasserstein(
    before: tuple[NDArray[np.float64], NDArray[np.float64]],
    now: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> float:
    """The area between two distribution functions (Vallender 1974), which jump at the given points."""
    points = np.union1d(before[0], now[0])
    apart = [
        np.array([weights[values <= point].sum() for point in points]) for values, weights in (before, now)
    ]
    return float(np.sum(np.abs(apart[0] - apart[1])[:-1] * np.diff(points)))
