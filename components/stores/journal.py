"""The predictions that are on this machine only: write-ahead files of one process.

A process writes to a folder of its own, `FOLDER/WRITER/NUMBER.rows`, and holds a lock on it as long as it lives, however
it ends. Whoever gets the lock of another folder owns what a dead process left there.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from components.contracts.errors import StoreError
from components.stores.failures import explained
from components.stores.frames import schema_frame

Durability = Literal["process", "second", "power"]
"""What an answered prediction outlives: the process; a power failure but for the last second; any power failure."""

SUFFIX = ".rows"
_LOCK = "lock"


@dataclass(frozen=True)
class Limits:
    """How large and how old a write-ahead file becomes, and how much may wait."""

    bytes: int = 8_000_000
    """A file that has grown to this is shipped. Shipping holds some six times as much in memory."""
    seconds: float = 60.0
    """A file that is this old is shipped."""
    backlog: int = 4_000_000_000
    """Bytes that may wait on this machine; beyond, the disk counts as full."""
    durability: Durability = "process"


class Holding:
    """A writer's folder whose lock this process holds."""

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
            raise StoreError(f"{parent} cannot be locked; keep the journal on a disk of this machine")
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

    def files(self) -> list[Path]:
        """Write-ahead files, oldest first."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def release(self) -> None:
        """Give the lock back, and remove the folder if nothing is left in it."""
        if {path.name for path in self.folder.glob("*")} <= {_LOCK}:
            (self.folder / _LOCK).unlink(missing_ok=True)
            self.folder.rmdir()
        os.close(self._lock)


class Journal:
    """What this process writes. Any thread may append."""

    def __init__(self, holding: Holding, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.holding = holding
        self.limits = limits
        self.clock = clock
        self._mutex = threading.Lock()
        self._open: _File | None = None
        self._retired: list[_File] = []
        self._count = 0

    def append(self, schema: pa.Schema, frame: bytes) -> int:
        """Write a frame. When this returns the rows are where `Limits.durability` says.

        Returns:
            By how many bytes the files grew.

        Raises:
            StoreError: They could not be written, and nothing of them is kept.
        """
        with self._mutex, explained(str(self.holding.folder), "written"):
            file = self._fitting(schema)
            file.write(frame)
            before, file.told = file.told, file.size
            grown, upto = file.size - before, file.size
            if file.size >= self.limits.bytes:
                self._retire()
        if self.limits.durability == "power":
            with explained(str(file.path), "written"):
                file.flush(upto)
        return grown

    def tend(self) -> None:
        """What is due by the clock: a file that is old enough is finished, and what was written is flushed."""
        with self._mutex:
            file = self._open
            if file is not None and self.clock() - file.opened >= self.limits.seconds:
                self._retire()
        self._close_retired()
        if file is not None and self.limits.durability == "second":
            with explained(str(file.path), "written"):
                file.flush(file.size)

    def finish(self) -> None:
        """Finish the open file, if there is one."""
        with self._mutex:
            self._retire()
        self._close_retired()

    def finished(self) -> list[Path]:
        """Files that are not written to any more, oldest first."""
        with self._mutex:
            open_path = None if self._open is None else self._open.path
        return [path for path in self.holding.files() if path != open_path]

    def _retire(self) -> None:
        if self._open is not None:
            self._retired.append(self._open)  # to be closed by who has the time
        self._open = None

    def _close_retired(self) -> None:
        while self._retired:
            file = self._retired.pop()
            with explained(str(file.path), "written"):
                file.close(is_durable=self.limits.durability != "process")

    def _fitting(self, schema: pa.Schema) -> _File:
        file = self._open
        if file is None or not (file.schema is schema or file.schema.equals(schema)):
            self._retire()
            self._count += 1
            path = self.holding.folder / f"{self._count:08d}{SUFFIX}"
            file = self._open = _File(path, schema, self.clock(), self.limits.durability != "process")
        return file


class _File:
    """An open write-ahead file."""

    def __init__(self, path: Path, schema: pa.Schema, opened: float, is_named_durably: bool) -> None:
        self.path = path
        self.schema = schema
        self.opened = opened
        self.size = 0
        self.told = 0
        """As much of it as callers know of."""
        self._flushed = 0
        self._flushing = threading.Lock()
        self._file = path.open("xb", buffering=0)
        try:
            self.write(schema_frame(schema))
            if is_named_durably:
                _flush_folder(path.parent)
        except OSError:
            self._file.close()
            path.unlink()
            raise

    def write(self, data: bytes) -> None:
        """Write all of it or, when that fails, leave the file as it was."""
        try:
            written = self._file.write(data)
            while written < len(data):
                written += self._file.write(data[written:])
        except OSError:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self.size += len(data)

    def flush(self, upto: int) -> None:
        """Bring the first `upto` bytes to the disk. Those who wait meanwhile are served by one flush together."""
        with self._flushing:
            if self._flushed < upto:
                reached = self.size
                os.fdatasync(self._file.fileno())
                self._flushed = reached

    def close(self, is_durable: bool) -> None:
        """Close it; who waits for a flush is served by that of the closing."""
        if is_durable:
            self.flush(self.size)
        with self._flushing:
            self._file.close()


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


def _flush_folder(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
