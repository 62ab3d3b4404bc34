"""What is known of the predictors of this machine, in files.

`HOME/serving/USE_CASE/` holds `server.json`, `log.txt` with what the predictor prints, and the lock that keeps two commands
from changing it at once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

import components
from components.contracts.errors import StoreError
from components.contracts.release import Deployment
from components.contracts.reports import Report
from components.recording.lineage import source_digest
from components.serving.processes import Process
from components.stores.folders import lock_digest

_STATE = "server.json"


class ServerState(Report):
    """A predictor of this machine."""

    port: int
    """Kept when it is taken down, so that it comes up where its callers look for it."""
    deployment: Deployment
    """What it serves, or served."""
    made_of: str
    """Digest of the code, the libraries and the settings that it runs with."""
    process: Process | None
    """None when it was taken down."""

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.alive


class ServerStates:
    """The predictors of this machine, by use case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def log(self, use_case: str) -> Path:
        """Where a predictor's output goes."""
        return self._place(use_case) / "log.txt"

    def alone(self, use_case: str) -> FileLock:
        """A lock: nobody else changes this server meanwhile."""
        return FileLock(self._place(use_case) / "lock", timeout=600)

    def names(self) -> tuple[str, ...]:
        """The use cases of which something is known."""
        return tuple(sorted(path.parent.name for path in self._folder.glob(f"*/{_STATE}")))

    def read(self, use_case: str) -> ServerState | None:
        """What is known; None when it never served.

        Raises:
            StoreError: What was written cannot be understood.
        """
        path = self._folder / use_case / _STATE
        try:
            return ServerState.read(path)
        except FileNotFoundError:
            return None
        except (ValidationError, OSError) as error:
            raise StoreError(
                f"{path} cannot be read; remove it and run `evergreen serve up {use_case}`"
            ) from error

    def write(self, server: ServerState) -> None:
        """Keep what is known, whole or not at all."""
        path = self._place(server.deployment.release.use_case) / _STATE
        draft = path.with_suffix(".draft")
        server.write(draft)
        draft.replace(path)

    def _place(self, use_case: str) -> Path:
        place = self._folder / use_case
        place.mkdir(parents=True, exist_ok=True)
        return place


def code_digest() -> str:
    """Digest of the code and the libraries of this installation."""
    code = source_digest(Path(components.__file__).parent)
    return hashlib.sha256(f"{code} {lock_digest()}".encode()).hexdigest()
