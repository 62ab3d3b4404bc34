"""What serves follows the registry: the champion serves."""

from __future__ import annotations

from collections.abc import Sequence

from components.contracts.errors import ConflictError, RolloutError
from components.contracts.release import Change, Deployment
from components.serving.rollout import Rollout
from components.stores.deployments import Deployments
from components.stores.registry import Registry


def serve(rollout: Rollout, registry: Registry, deployments: Deployments) -> Deployment:
    """Make the champion serve; when another becomes champion meanwhile, then that one.

    Raises:
        RolloutError: There is no champion, or it does not come to serve.
    """
    while True:
        champion = registry.champion()
        if champion is None:
            raise RolloutError(
                f"{registry.name} has no champion to serve; `evergreen run {registry.name}` trains one"
            )
        deployment = rollout.deploy(registry.release(champion))
        deployments.note("deployment", deployment)
        now = registry.champion()
        if now is not None and now.number == champion.number:
            return deployment


def follow(rollout: Rollout | None, registry: Registry, deployments: Deployments) -> str:
    """Make the champion serve where something serves; its endpoint, or nothing."""
    return "" if rollout is None else serve(rollout, registry, deployments).endpoint


def roll_back(rollout: Rollout, registry: Registry, deployments: Deployments, number: str = "") -> Deployment:
    """Make an earlier version serve again, and champion with it.

    Args:
        rollout: Where it serves.
        registry: The registry of the use case.
        deployments: What served so far.
        number: The version; the one that served before when empty.

    Raises:
        RolloutError: No version served before, or it does not come to serve. The champion stays.
        ConflictError: A run made another champion meanwhile; that one serves.
    """
    champion = registry.champion()
    standing = champion.number if champion else ""
    number = number or before(deployments.all(), standing)
    if not number or not standing:
        raise RolloutError(
            f"no version of {registry.name} served before this one; there is nothing to return to"
        )
    target = registry.version(number)
    if number == standing:
        raise RolloutError(
            f"version {number} of {registry.name} is the champion already; `evergreen serve up` serves it"
        )
    deployment = rollout.deploy(registry.release(target))
    try:
        registry.restore(target, standing)
    except ConflictError:
        serve(rollout, registry, deployments)
        raise
    deployments.note("rollback", deployment)
    return serve(rollout, registry, deployments)


def before(changes: Sequence[Change], champion: str) -> str:
    """The version that served before the champion; empty when none did.

    A version that was returned to ends the story of those after it: rolling back twice goes back two versions. A champion
    that never came to serve has the one that serves before it.

    Args:
        changes: What served, latest first.
        champion: Number of the champion.
    """
    line: list[str] = []
    for change in reversed(changes):
        version = change.deployment.release.version
        line = line[: line.index(version)] if version in line else line
        line.append(version)
    earlier = line[:-1] if line and line[-1] == champion else line
    return earlier[-1] if earlier else ""
