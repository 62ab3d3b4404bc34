"""The latest values of features by key: the online part of the feature store, read only.

Feast takes seconds to import, so that happens when the store is opened; a model that looks nothing up never does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.contracts.errors import StoreError
from components.contracts.features import KeyedView, Latest
from components.settings import Settings
from components.stores import feast_configuration as configuration
from components.stores.feast_configuration import explained

if TYPE_CHECKING:
    from components.features.online import Reader


class OnlineFeatures:
    """What was brought online. It is opened when it is first read, and again after it failed."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._reader: Reader | None = None

    def open(self) -> None:
        """Read the configuration and load what reads the store; no connection is made.

        Raises:
            StoreError: The configuration is wrong, or there is no such store on this machine.
        """
        with explained("opened"), configuration.reading(self._folder):
            from components.features.online import Reader

            reader = Reader(configuration.read(self._folder, self._settings, configuration.ONLINE))
        if reader.file is not None and not reader.file.exists():
            # SQLite would make an empty one.
            raise StoreError(
                f"{reader.file}, the online feature store, is not there; `evergreen features materialize` makes it"
            )
        self._reader = reader

    def read(self, view: KeyedView, keys: Sequence[Mapping[str, Any]]) -> list[Latest]:
        """The latest values of some keys, each with its event time; None where there are none.

        Args:
            view: Which, and which of its features.
            keys: The view's keys, one mapping per row.

        Raises:
            StoreError: The store cannot be read, or does not have the view.
        """
        if self._reader is None:
            self.open()
        reader = self._reader
        try:
            with explained("read"):
                return reader.values(view, keys) if reader is not None else []
        except StoreError:
            self._reader = None  # its connection may be what is broken
            raise
