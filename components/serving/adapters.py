"""Which rollout serves here, by EVERGREEN_SERVING."""

from __future__ import annotations

from components.contracts.serving import Serving
from components.serving.rollout import Rollout
from components.settings import Settings


def rollout(settings: Settings, serving: Serving) -> Rollout | None:
    """The rollout of this installation; None where champions are registered and nothing serves.

    Args:
        settings: Which one.
        serving: How the champion of the use case serves.
    """
    if settings.serving == "local":
        from components.serving.local import LocalRollout

        return LocalRollout(settings, serving)
    if settings.serving == "kserve":
        from components.serving.cluster import KServeSettings, rolled

        return rolled(KServeSettings(), serving)
    return None
