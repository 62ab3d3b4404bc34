"""How far served rows moved from the reference: effect sizes, against limits that in-control windows teach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from components.analysis.drift import jensen_shannon, stability
from components.contracts.monitoring import Shift
from components.contracts.watching import DriftWatch
from components.monitoring.control import Control, windows
from components.monitoring.tally import FIRST, Tally

Floats = npt.NDArray[np.float64]
Role = Literal["input", "prediction"]


class Watched(NamedTuple):
    """One column before and now."""

    role: Role
    reference: Tally
    """By day."""
    current: Tally
    """By day."""
    limit: float
    """What its schema allows, as a population stability index."""
    segments: Mapping[str, tuple[Floats, Floats]]
    """Segment to its rows by bin, before and now."""

    def control(self, watch: DriftWatch) -> Control:
        """What the reference itself shows, in windows as long as the present one where it is long enough."""
        days, length = len(self.reference.cells), len(self.current.cells)
        return Control.of(self.reference, windows(days, length, watch.windows))


def shifts(watched: Sequence[Watched], watch: DriftWatch) -> tuple[tuple[Shift, ...], tuple[Shift, ...]]:
    """The shift of each column, and of each segment that drifted.

    A column has drifted when it moved further than its limit and than any in-control window, and when chance does not
    explain it: of the columns that are called drifted, at most a share of `false_discovery` is expected to be false.

    Returns:
        All columns, and the drifted segments; the furthest first in both.
    """
    controls = [one.control(watch) for one in watched]
    whole = [
        (one, control, "", one.reference.total, one.current.total)
        for one, control in zip(watched, controls, strict=True)
    ]
    parts = [
        (one, control, segment, *counts)
        for one, control in zip(watched, controls, strict=True)
        for segment, counts in one.segments.items()
        if counts[0].sum() and counts[1].sum()
    ]
    return _judged(whole, watch), tuple(shift for shift in _judged(parts, watch) if shift.drifted)


def _judged(
    pairs: Sequence[tuple[Watched, Control, str, Floats, Floats]], watch: DriftWatch
) -> tuple[Shift, ...]:
    if not pairs:
        return ()
    chances = false_discovery_control([control.chance(before, now) for _, control, _, before, now in pairs])
    found = [
        _shift(one, control, segment, before, now, float(chance), watch)
        for (one, control, segment, before, now), chance in zip(pairs, chances, strict=True)
    ]
    return tuple(sorted(found, key=lambda shift: (-shift.psi, shift.column, shift.segment)))


def _shift(
    one: Watched,
    control: Control,
    segment: str,
    before: Floats,
    now: Floats,
    chance: float,
    watch: DriftWatch,
) -> Shift:
    moved, limit = stability(before, now), max(one.limit, control.limit)
    return Shift(
        column=one.reference.bins.column,
        role=one.role,
        segment=segment,
        rows=int(now.sum()),
        psi=moved,
        divergence=jensen_shannon(before, now),
        distance=wasserstein(one.reference, before, now),
        limit=limit,
        chance=chance,
        drifted=moved > limit and chance <= watch.false_discovery,
    )


def wasserstein(tally: Tally, before: Floats, now: Floats) -> float | None:
    """Area between two distribution functions (Vallender, 1974) in standard deviations of the reference.

    Over the range of the reference, so that one far value does not pass for a moved column.
    """
    bins = tally.bins
    if not bins.is_number or not bins.std or not before[FIRST:].sum() or not now[FIRST:].sum():
        return None
    below = [np.cumsum(counts[FIRST:-1]) / counts[FIRST:].sum() for counts in (before, now)]
    apart = np.abs(below[0] - below[1])
    points = np.clip([bins.ends[0], *bins.edges, bins.ends[1]], *bins.ends)
    # Between two points the difference is taken to run straight, and to nothing at the ends of the range.
    apart = np.concatenate([[0.0], apart, [0.0]])
    heights = (apart[:-1] + apart[1:]) / 2
    return float(np.sum(heights * np.diff(points)) / bins.std)


def drifted_share(shifts: Iterable[Shift]) -> float:
    """Share of the inputs that drifted; 0 when none is watched."""
    inputs = [shift.drifted for shift in shifts if shift.role == "input"]
    return sum(inputs) / len(inputs) if inputs else 0.0
