"""The present, for runs that are started by the clock: KFP 2 gives a recurring run no time of its own."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = "now"
"""An `as_of` that means the present. Kubeflow Pipelines leaves the macros of a schedule's time as they are (its issue
12494), so that a recurring run can only say this."""


def settled(as_of: str) -> str:
    """An `as_of` as an instant in ISO 8601; `now` becomes the present, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds") if as_of == NOW else as_of
