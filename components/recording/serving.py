"""The models that monitoring is about: the champion, and the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.contracts.errors import StoreError
from components.stores.registry import Registry, Version

if TYPE_CHECKING:
    from components.monitoring.gather import Champion


@dataclass(frozen=True)
class Serving:
    """The version that serves, and where the one before it is."""

    version: Version
    predecessor: str
    """Address of the model that it replaced; empty when it was the first."""

    @property
    def address(self) -> str:
        """Where the champion's folder is."""
        return self.version.address

    def champion(self) -> Champion:
        """The champion, loaded.

        Raises:
            ModelError: It does not load.
        """
        from components.monitoring.gather import Champion
        from components.stores.past import read_past_model

        return Champion(self.version.number, self.version.digest, read_past_model(self.version.address))


def serving(registry: Registry) -> Serving:
    """What serves now.

    Raises:
        StoreError: There is no champion yet.
    """
    champion = registry.champion()
    if champion is None:
        raise StoreError(
            f"{registry.name} has no champion to watch; `evergreen run {registry.name}` trains the first"
        )
    replaced = registry.version(champion.replaced).address if champion.replaced else ""
    return Serving(champion, replaced)
