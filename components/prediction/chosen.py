"""Which version scores."""

from __future__ import annotations

from components.contracts.errors import StoreError
from components.stores.registry import Registry, Version


def chosen(registry: Registry, number: str) -> Version:
    """The version of a number, or the champion.

    Args:
        registry: Of the use case.
        number: Empty for the champion.

    Raises:
        StoreError: There is none.
    """
    if number:
        return registry.version(number)
    champion = registry.champion()
    if champion is None:
        raise StoreError(
            f"{registry.name} has no champion yet; train one with `evergreen run {registry.name}`, or name a version"
        )
    return champion
