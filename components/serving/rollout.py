"""The port through which a version comes to serve: on this machine, or on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from components.contracts.release import Deployment, Release


@dataclass(frozen=True)
class Status:
    """Whether a use case is served."""

    deployment: Deployment | None
    """What serves, or served last; None when nothing ever did."""
    problem: str = ""
    """Why it does not serve, in words; empty when it does."""
    is_broken: bool = False
    """Whether it was to serve and does not."""


class Rollout(Protocol):
    """Replaces what serves a use case, without a failed request."""

    def use_cases(self) -> tuple[str, ...]:
        """Those that serve here, or did."""

    def current(self, use_case: str) -> Deployment | None:
        """What serves now; None when nothing does."""

    def status(self, use_case: str) -> Status:
        """What serves, and why nothing does if so."""

    def deploy(self, release: Release) -> Deployment:
        """Serve a release, and return once all requests reach it and its golden rows were answered as expected.

        What serves already is left as it is when the release is the same.

        Raises:
            RolloutError: The release does not load, or answers otherwise than it did offline. What served before
                serves on.
        """

    def stop(self, use_case: str) -> bool:
        """Serve nothing, once what was accepted is answered; says whether anything served."""
