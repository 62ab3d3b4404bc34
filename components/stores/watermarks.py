"""How far each view of the feature store is online, in the metadata store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from components.contracts.errors import ConflictError
from components.settings import Settings
from components.stores.runs import Runs

EXPERIMENT = "feature-store"
_TAG = "evergreen.online_until."


class Watermarks:
    """One instant per view: all values up to it are online."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runs = Runs(settings)

    def read(self, view: str) -> datetime | None:
        """Up to where a view is online; None when it never was."""
        experiment = self._runs.client.get_experiment_by_name(EXPERIMENT)
        text = experiment.tags.get(_TAG + view) if experiment is not None else None
        return datetime.fromisoformat(text) if text else None

    def advance(self, view: str, until: datetime) -> None:
        """A view is online up to an instant now. A watermark never goes back."""
        before = self.read(view)
        if before is not None and before >= until:
            return
        with self._runs.exclusively():
            experiment = self._runs.experiment(EXPERIMENT)
            self._runs.client.set_experiment_tag(experiment, _TAG + view, until.astimezone(UTC).isoformat())

    @contextmanager
    def claimed(self, view: str) -> Iterator[None]:
        """Nobody else on this machine brings a view online meanwhile.

        Raises:
            ConflictError: Somebody does.
        """
        place = self._settings.home / "features" / f"{view}.lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(place, timeout=0):
                yield
        except Timeout as error:
            raise ConflictError(
                f"view {view} is being materialized by another process; try again later"
            ) from error
