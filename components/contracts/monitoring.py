"""What monitoring finds out about the rows that were served."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from components.contracts.reports import Estimate, Report, SliceScore


class CollectionReport(Report):
    """What was served in a window, and what is known of how it turned out. Counts are rows."""

    use_case: str
    start: datetime
    end: datetime
    """The window `[start, end)` of event time; its end is the `as_of` of the run."""
    version: str
    """The champion's number; predictions of other versions are counted and not judged."""
    model: str
    """Digest of the champion."""
    rows: int
    """Predictions of the champion, each once."""
    duplicates: int = 0
    """Rows beyond the first of a prediction's id."""
    others: int = 0
    """Predictions of other versions."""
    days: int = 0
    """Days of the window that have rows."""
    ahead: int = 0
    """Predictions whose event time is over an hour later than their answer."""
    expected: int = 0
    """Predictions that are old enough to have a label."""
    labelled: int = 0
    """Of these, how many have one."""
    recent_expected: int = 0
    recent_labelled: int = 0
    """The same of the last quarter of the days that labels are expected of."""
    lateness_hours: tuple[float, ...] = ()
    """At 50, 95 and 100 %: hours from the event to its label, where the source tells."""
    label_duplicates: int = 0
    """Labels that came again, unchanged."""
    corrected: int = 0
    """Labels that came again with another value; the latest holds."""
    unmatched: int = 0
    """Labels of the window without a prediction."""
    skew: dict[str, float] = Field(default_factory=dict)
    """Input to the share of predictions for which training now reads another value than was served; only those above 0."""
    new_rows: int | None = None
    """Labelled rows that training could read now, beyond the champion's snapshot."""
    trained_until: datetime | None = None
    """Last event time that the champion was fitted on."""

    @property
    def coverage(self) -> float:
        """Share of the expected labels that came; 0 when none is expected."""
        return self.labelled / self.expected if self.expected else 0.0

    @property
    def age_days(self) -> float | None:
        """Days from the last row that the champion was fitted on to the end of the window."""
        return (
            None if self.trained_until is None else (self.end - self.trained_until).total_seconds() / 86_400
        )


class Shift(Report):
    """How far one column of served rows moved from the reference, in all rows or in a segment."""

    column: str
    role: Literal["input", "prediction"]
    segment: str = ""
    """As in `carrier = UA`; empty for all rows."""
    rows: int
    psi: float
    """Population stability index."""
    divergence: float
    """Jensen–Shannon distance: the root of the divergence in bits, 0 to 1 (Endres & Schindelin, 2003)."""
    distance: float | None = None
    """Of numbers: Wasserstein distance in standard deviations of the reference."""
    limit: float
    """What the index must exceed: the schema's limit, or the furthest in-control window if that is further."""
    chance: float
    """Share of in-control windows that would move so far, adjusted for the number of columns."""
    drifted: bool


class DriftReport(Report):
    """How the served rows moved, and whether they are whole."""

    rows: int
    reference_rows: int
    windows: int
    """In-control windows that the limits were learned from."""
    shifts: tuple[Shift, ...] = ()
    """Of all rows, the furthest first."""
    segments: tuple[Shift, ...] = ()
    """Segments that drifted, the furthest first."""
    feed: tuple[str, ...] = ()
    """What is wrong with the rows; nothing may be learned from them while there is something."""
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[str, ...]:
        """Columns that drifted."""
        return tuple(shift.column for shift in self.shifts if shift.drifted)


class Point(Report):
    """Quality in a part of the window, or in an earlier window."""

    start: datetime
    end: datetime
    rows: int
    metrics: dict[str, Estimate]


class PerformanceReport(Report):
    """How good the champion was, and whether a fresh model would have been better. Gains: positive is better."""

    metric: str
    """The one that decides."""
    rows: int
    """Labelled rows that were judged."""
    champion: dict[str, Estimate] = Field(default_factory=dict)
    reference: dict[str, Estimate] = Field(default_factory=dict)
    """The champion on the rows of its own snapshot that it was not fitted on."""
    expected: dict[str, Estimate] = Field(default_factory=dict)
    """Without labels: what calibrated probabilities promise of all rows of the window."""
    over_baseline: dict[str, Estimate] = Field(default_factory=dict)
    """The champion's gain over a simple baseline that was fitted anew."""
    shadow: dict[str, Estimate] = Field(default_factory=dict)
    over_champion: dict[str, Estimate] = Field(default_factory=dict)
    """The shadow's gain over the champion: what is lost by not training (the regret)."""
    over_predecessor: dict[str, Estimate] = Field(default_factory=dict)
    """The champion's gain over the model that served before it: whether the last promotion helped."""
    shadow_rows: int = 0
    """Rows that the shadow was fitted on, all before the window."""
    shadow_seconds: float = 0.0
    slices: tuple[SliceScore, ...] = ()
    """Candidate is the shadow."""
    trend: tuple[Point, ...] = ()
    """Of the champion, in parts of the window."""
    notes: tuple[str, ...] = ()
