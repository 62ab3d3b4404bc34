"""In-control windows: what a column does when nothing is wrong, learned from the reference itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import f as fisher

from components.analysis.drift import stability
from components.monitoring.tally import Tally

Floats = npt.NDArray[np.float64]


def windows(cells: int, length: int, fewest: int) -> list[npt.NDArray[np.int64]]:
    """Days of a reference cut into consecutive windows.

    Args:
        cells: How many days it has.
        length: How many days the analysis window has.
        fewest: With fewer windows of that length the days are cut into so many shorter ones.

    Returns:
        Positions of the days of each; nothing when there are too few days to compare anything.
    """
    if cells < 3:
        return []
    count = max(cells // max(length, 1), min(fewest, cells))
    return [part for part in np.array_split(np.arange(cells), count) if len(part)]


@dataclass(frozen=True)
class Control:
    """How one column moves between a window of its reference and the rest of it."""

    limit: float
    """The furthest that a window moved, as a population stability index; 0 without windows."""
    inflation: float
    """How much further windows move than rows drawn one by one would; at least 1."""
    windows: int

    @classmethod
    def of(cls, reference: Tally, parts: Sequence[npt.NDArray[np.int64]]) -> Control:
        """Learn from the in-control windows of a reference.

        Drawn row by row, the index over (1/n + 1/m) has the chi-square distribution of bins - 1 degrees of freedom
        (Yurdakul & Naranjo, 2020). Rows of one day resemble each other, and move it further: by a factor that the
        windows themselves show (Rao & Scott, The analysis of categorical data from complex sample surveys, JASA
        76, 1981, the first-order correction).
        """
        moved, unit = [], []
        for part in parts:
            inside = reference.counts[part].sum(axis=0)
            outside = reference.total - inside
            if inside.sum() and outside.sum():
                moved.append(stability(outside, inside))
                unit.append(moved[-1] / _chance(outside, inside))
        if not moved:
            return cls(limit=0.0, inflation=1.0, windows=0)
        return cls(max(moved), max(1.0, float(np.mean(unit)) / _freedom(reference.total)), len(moved))

    def chance(self, before: Floats, now: Floats) -> float:
        """Probability that an in-control window moves at least so far (of F, for the factor is an estimate too)."""
        if not before.sum() or not now.sum():
            return 1.0
        freedom = _freedom(before + now)
        scaled = stability(before, now) / _chance(before, now) / self.inflation / freedom
        return float(fisher.sf(scaled, freedom, max(self.windows, 1) * freedom))


def _chance(before: Floats, now: Floats) -> float:
    return float(1 / before.sum() + 1 / now.sum())


def _freedom(counts: Floats) -> int:
    return max(int((counts > 0).sum()) - 1, 1)
