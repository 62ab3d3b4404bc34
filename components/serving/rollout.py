"""The port through which a version comes to serve: on this machine, or on a cluster."""

from __future__ import annotations

from typing import Protocol

from components.contracts.release import Deployment, Release


class Rollout(Protocol):
    """Replaces what serves a use case, without a failed request."""

    def current(self, use_case: str) -> Deployment | None:
        """What serves now; None when nothing does."""

    def deploy(self, release: Release) -> Deployment:
        """Serve a release, and return once all requests reach it and its golden rows were answered as expected.

        What serves already is left as it is when the release is the same.

        Raises:
            RolloutError: The release does not load, or answers otherwise than it did offline. What served before
                serves on.
        """
