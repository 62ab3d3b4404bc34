"""Why a run was started, or not: the event that knocked, the decision with its evidence, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from components.contracts.reports import Cause, Estimate, Report

Code = Literal[
    "same-window",
    "no-signal",
    "feed",
    "labels",
    "no-new-rows",
    "not-persistent",
    "cooldown",
    "budget",
    "did-not-help",
]
"""Reasons not to train; docs/runbook.md says what to do for each."""

State = Literal["held", "waiting", "started"]

Helped = Literal["yes", "no", "not shown"]
"""By the interval of the gain: wholly above 0, wholly below, or neither. A training that made no champion did not help."""


class Evidence(Report):
    """What speaks for and against a training. None is what was not measured."""

    signal: bool
    """Whether the cause holds in this window."""
    found: tuple[str, ...] = ()
    """In words, what was measured."""
    feed: tuple[str, ...] = ()
    """What is wrong with the rows that were served."""
    labels: tuple[str, ...] = ()
    """What is missing of the ground truth."""
    new_rows: int | None = None
    """Rows beyond the champion's snapshot."""
    gain: Estimate | None = None
    """Of a fresh model over the champion, paired on the same labelled rows; positive is better."""
    page: str = ""
    """Where a person reads all of it."""


class Event(Report):
    """Something that may be a cause to train."""

    use_case: str
    cause: Cause
    start: datetime
    end: datetime
    """The window `[start, end)` that it is about; its end is the `as_of` of a run."""
    evidence: Evidence
    request: str = ""
    """What tells a request from another of the same window: two that a person makes are two runs, one made twice is one."""

    @property
    def id(self) -> str:
        """The same for an event that is delivered again."""
        return f"{self.window}/{self.cause}"

    @property
    def window(self) -> str:
        """What at most one run is started for."""
        asked = f"/{self.request}" if self.request else ""
        return f"{self.use_case}/{self.end.isoformat()}{asked}"


class Reason(Report):
    """Why not to train."""

    code: Code
    message: str


class Decision(Report):
    """The answer to an event: train when there is no reason not to."""

    event: Event
    reasons: tuple[Reason, ...] = ()

    @property
    def trains(self) -> bool:
        """Whether a run is started."""
        return not self.reasons


class Outcome(Report):
    """Whether a training helped, on the first labelled window after it."""

    helped: Helped
    why: str
    gain: Estimate | None = None
    """Of the model that serves since over the one before, on that window; positive is better."""

    @property
    def told(self) -> str:
        """For a person."""
        return f"{self.helped}: {self.why}"


class Record(Report):
    """A decision as it is kept, and what followed from it."""

    decision: Decision
    state: State
    """`waiting` is decided and not started yet."""
    run: str = ""
    attempts: int = 0
    error: str = ""
    """Why the last attempt to start it failed."""
    outcome: Outcome | None = None

    @property
    def end(self) -> datetime:
        """The end of the window that it is about."""
        return self.decision.event.end

    @property
    def cause(self) -> Cause:
        """What knocked."""
        return self.decision.event.cause


class Start(Report):
    """A run to be started."""

    key: str
    """The same for the same window: a run of that key is started once."""
    use_case: str
    cause: Cause
    as_of: datetime
