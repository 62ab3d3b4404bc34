"""A column of numbers as bars: what quantiles, moments and histogram are read from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from components.contracts.reports import Bin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FAR = 4.0
"""Extremes are far out when they span this many times the range of the middle 98 %."""


@dataclass(frozen=True)
class Distribution:
    """Numbers in ascending bars that do not overlap. A bar of one value has `low == high`."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.int64]
    mean: float
    std: float

    @classmethod
    def of_values(cls, values: NDArray[np.float64], count: NDArray[np.int64]) -> Distribution:
        """Of every value and its count, in ascending order. Nothing is approximate."""
        values = values + 0.0  # not -0.0
        rows = int(count.sum())
        # Sums of products that are rounded once. Scaled, so that none overflows.
        scale = float(np.abs(values).max()) or 1.0
        mean = math.fsum((values / scale * count).tolist()) / rows
        variance = math.fsum((((values / scale) - mean) ** 2 * count).tolist()) / rows
        return cls(values, values, count, mean * scale, math.sqrt(variance) * scale)

    @property
    def rows(self) -> int:
        """How many numbers there are."""
        return int(self.count.sum())

    def quantiles(self, shares: Sequence[float]) -> tuple[float, ...]:
        """Values below which these shares lie, interpolated between neighbours (Hyndman & Fan 1996, type 7)."""
        rank = np.asarray(shares) * (self.rows - 1)
        below, above = self._at(np.floor(rank)), self._at(np.ceil(rank))
        part = rank - np.floor(rank)
        return tuple(_between(below, above, part).tolist())

    def _at(self, rank: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values at whole ranks from 0; within a bar they are taken to be evenly spaced."""
        ends = np.cumsum(self.count)
        bar = np.searchsorted(ends, rank, side="right")
        part = (rank - (ends - self.count)[bar]) / np.maximum(self.count[bar] - 1, 1)
        return _between(self.low[bar], self.high[bar], part)

    def histogram(self, bars: int, whole: bool) -> tuple[Bin, ...]:
        """At most `bars` bars of equal width that together hold every number.

        Where a few extremes would squeeze all others into one bar, the first and the last bar reach out to them.

        Args:
            bars: How many at most.
            whole: Whether the numbers are whole; bars then are a whole number wide.
        """
        edges = _edges(float(self.low[0]), float(self.high[-1]), self.quantiles((0.01, 0.99)), bars, whole)
        middle = self.low * 0.5 + self.high * 0.5
        place = np.clip(np.searchsorted(edges, middle, side="right") - 1, 0, len(edges) - 2)
        count = np.zeros(len(edges) - 1, dtype=np.int64)
        np.add.at(count, place, self.count)
        return tuple(
            Bin(low=low, high=high, count=int(number))
            for low, high, number in zip(edges[:-1].tolist(), edges[1:].tolist(), count, strict=True)
        )


def _between(
    low: NDArray[np.float64], high: NDArray[np.float64], part: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A part of the way; never beyond the ends by rounding, nor by the difference of the largest floats."""
    return np.clip(low * (1 - part) + high * part, low, high)


def _edges(low: float, high: float, middle: tuple[float, ...], bars: int, whole: bool) -> NDArray[np.float64]:
    """Ascending, the first at `low` and the last at or beyond `high`."""
    inner_low, inner_high = middle
    if bars >= 3 and inner_low < inner_high and high - low > FAR * (inner_high - inner_low):
        inner = _even(inner_low, inner_high, bars - 2, whole)
        return np.unique([low, *inner[inner > low], max(high, inner[-1])])
    return _even(low, high, bars, whole)


def _even(low: float, high: float, bars: int, whole: bool) -> NDArray[np.float64]:
    if whole and high - low < 2**52:
        low = math.floor(low)
        width = max(1, math.ceil((high - low + 1) / bars))
        steps = max(1, math.ceil((high - low + 1) / width))
        return np.asarray(low + width * np.arange(steps + 1), dtype=np.float64)
    if low == high:
        return np.array([low, high])
    share = np.linspace(0, 1, bars + 1)
    return np.unique(low * (1 - share) + high * share)
