"""Folders that one process holds: whoever gets the lock of another's knows that its process is gone.

A process writes to `PARENT/NAME`, and holds the lock in it as long as it lives, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from components.contracts.errors import StoreError
from components.stores.failures import explained

_LOCK = "lock"


class Holding:
    """A folder whose lock this process holds."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def new(cls, parent: Path) -> Holding:
        """A folder for this process.

        Raises:
            StoreError: It cannot be made.
        """
        name = secrets.token_hex(8)
        with explained(str(parent), "written"):
            hidden = parent / f".{name}"
            hidden.mkdir(parents=True)
            lock = _locked(hidden)
            hidden.rename(parent / name)  # now others see it, and that it is held
        if lock is None:
            raise StoreError(f"{parent} cannot be locked; use a folder on a disk of this machine")
        return cls(parent / name, lock)

    @classmethod
    def left(cls, parent: Path) -> list[Holding]:
        """The folders of processes that are gone; from now on they are this process's."""
        found = []
        for folder in sorted(parent.iterdir()) if parent.exists() else ():
            lock = None if folder.name.startswith(".") else _locked(folder)
            if lock is not None:
                found.append(cls(folder, lock))
        return found

    def release(self) -> None:
        """Give the lock back, and remove the folder if nothing is left in it."""
        if {path.name for path in self.folder.glob("*")} <= {_LOCK}:
            (self.folder / _LOCK).unlink(missing_ok=True)
            self.folder.rmdir()
        os.close(self._lock)


def _locked(folder: Path) -> int | None:
    """The lock of a folder, or None where another process holds it or the folder is gone."""
    try:
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
