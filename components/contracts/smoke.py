"""How a model behaved in the real predictor, before anyone relied on it."""

from __future__ import annotations

from components.contracts.reports import Report


class BadRequest(Report):
    """A request that has to be refused, and what the predictor made of it."""

    name: str
    """What is wrong with it, in words."""
    field: str
    """What the refusal has to name; empty when the request has no fields."""
    status: int
    """HTTP status of the answer; 0 when there was none."""
    named: bool
    """Whether the answer names the field."""

    @property
    def refused(self) -> bool:
        """Whether it was refused as it has to be: by a 4xx that names what is wrong."""
        return 400 <= self.status < 500 and self.named


class SmokeReport(Report):
    """What came of starting the predictor on a model and talking to it."""

    problem: str | None = None
    """Why the predictor did not come up with the model, or stopped answering; None when all of it was tried."""
    startup_seconds: float = 0.0
    """From the start of the process to its being ready."""
    golden_rows: int = 0
    """Rows whose outputs were compared with what the model gave offline."""
    difference: float = 0.0
    """Largest absolute difference of an output from the one offline; infinite where a label or a shape differs."""
    tolerance: float = 0.0
    """How far an output may lie off: 0 asks for the same bits."""
    bad_requests: tuple[BadRequest, ...] = ()
    requests: int = 0
    """Single rows that were timed."""
    latency_ms: float = float("nan")
    """Median time of a single-row request on one connection."""
    latency_p99_ms: float = float("nan")
