"""Which rollout serves here, by EVERGREEN_SERVING."""

from __future__ import annotations

from components.serving.rollout import Rollout
from components.settings import Settings


def rollout(settings: Settings) -> Rollout | None:
    """The rollout of this installation; None where champions are registered and nothing serves."""
    if settings.serving == "local":
        from components.serving.local import LocalRollout

        return LocalRollout(settings)
    return None
