"""The feature store's definitions where the code that defines them is not: Feast's registry, by way of the store.

Pods hold components and no definitions (docs/decisions/0041). Whoever starts a run puts Feast's configuration and its registry
file into the store, and a step reads them from there: data, no code. A registry in a database needs the configuration alone.
"""

from __future__ import annotations

from pathlib import Path

from components.contracts.errors import StoreError
from components.settings import Settings
from components.stores import objects
from components.stores.feast_configuration import FILE as CONFIGURATION

REGISTRY = "registry.db"
PLACE = "features"


def publish(settings: Settings, store: str) -> None:
    """Put the configuration and the registry of this machine into a store.

    Raises:
        StoreError: There is no configuration, or the store cannot be written.
    """
    held = settings.features_folder() / CONFIGURATION
    if not held.is_file():
        raise StoreError(f"{held} is missing; check EVERGREEN_FEATURES")
    objects.write_bytes(f"{store}/{PLACE}/{CONFIGURATION}", held.read_bytes())
    registry = registry_of(settings)
    if registry.is_file():
        objects.write_bytes(f"{store}/{PLACE}/{REGISTRY}", registry.read_bytes())


def folder_of(settings: Settings) -> Path:
    """The folder of the configuration: the repository's, or where there is none, a copy of what was published.

    Raises:
        StoreError: Nothing was published, or the store cannot be read.
    """
    folder, store = settings.features_folder(), settings.store_uri()
    if (folder / CONFIGURATION).is_file() or not objects.exists(f"{store}/{PLACE}/{CONFIGURATION}"):
        return folder
    copy = settings.home / "features"
    copy.mkdir(parents=True, exist_ok=True)
    (copy / CONFIGURATION).write_bytes(objects.read_bytes(f"{store}/{PLACE}/{CONFIGURATION}"))
    if objects.exists(f"{store}/{PLACE}/{REGISTRY}"):
        registry_of(settings).write_bytes(objects.read_bytes(f"{store}/{PLACE}/{REGISTRY}"))
    return copy


def registry_of(settings: Settings) -> Path:
    """Feast's registry on this machine, where it is a file."""
    return settings.home / "features" / REGISTRY
