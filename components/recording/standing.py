"""What stood before a run: the champion to compare with, and the statistics to measure drift against."""

from __future__ import annotations

from typing import NamedTuple

from components.stores.registry import Registry
from components.stores.runs import Runs


class Standing(NamedTuple):
    """What a run builds on; each is empty when there is none yet."""

    champion: str
    """Address of the model to compare with."""
    standing: str
    """Number of the version that is champion now."""
    reference: str
    """Address of the statistics of the snapshot before this one."""


def standing(runs: Runs, registry: Registry, use_case: str, snapshot: str, lineage: str) -> Standing:
    """Look up what stands.

    A run that repeats the one that made the champion is compared, as that one was, with the champion before:
    so the repetition gives the same verdict, from the cache.
    """
    champion = registry.champion()
    reference = runs.latest_statistics(use_case, other_than=snapshot)
    if champion is None:
        return Standing("", "", reference)
    rival = champion
    if champion.lineage == lineage:
        if not champion.replaced:
            return Standing("", champion.number, reference)
        rival = registry.version(champion.replaced)
    return Standing(rival.address, champion.number, reference)
