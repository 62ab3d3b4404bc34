"""The predictions that are on this machine only: write-ahead files of one process, `FOLDER/NUMBER.rows`."""

from __future__ import annotations

import os
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

_SUFFIX = ".rows"
_OPEN_FILES = 4
"""As many models may answer in turn, as while one takes over from another, each into a file of its own."""


@dataclass(frozen=True)
class Limits:
    """How large and how old a write-ahead file becomes, and how much may wait."""

    bytes: int = 8_000_000
    """A file that has grown to this is shipped."""
    seconds: float = 60.0
    """A file that is this old is shipped."""
    backlog: int = 4_000_000_000
    """Bytes that may wait on this machine; beyond, the disk counts as full."""
    durability: Durability = "process"


def journal_files(folder: Path) -> list[Path]:
    """The write-ahead files in a folder, oldest first."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


class Journal:
    """What this process writes. Any thread may append."""

    def __init__(self, folder: Path, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._limits = limits
        self._clock = clock
        self._mutex = threading.Lock()
        self._open: list[_File] = []
        self._retired: list[_File] = []
        self._count = 0
        self._is_closed = False

    def append(self, schema: pa.Schema, frame: bytes) -> int:
        """Write a frame. When this returns the rows are where `Limits.durability` says.

        Returns:
            By how many bytes the files grew.

        Raises:
            StoreError: It could not be written, and nothing of it is kept; or, with `power`, not be flushed, and then it
                may be kept or not.
        """
        with self._mutex, explained(str(self.folder), "written"):
            file = self._fitting(schema)
            file.write(frame)
            grown, upto = file.growth(), file.size
            if file.size >= self._limits.bytes:
                self._retire(file)
        if self._limits.durability == "power":
            with explained(str(file.path), "written"):
                file.flush(upto)
        return grown

    def tend(self) -> None:
        """What is due by the clock: files that are old enough are finished, and what was written is flushed."""
        with self._mutex:
            for file in tuple(self._open):
                if self._clock() - file.opened >= self._limits.seconds:
                    self._retire(file)
            going_on = tuple(self._open)
        self._close_retired()
        for file in going_on if self._limits.durability == "second" else ():
            with explained(str(file.path), "written"):
                file.flush(file.size)

    def close(self) -> None:
        """Finish all files, and take no more."""
        with self._mutex:
            self._is_closed = True
            for file in tuple(self._open):
                self._retire(file)
        self._close_retired()

    def finished(self) -> list[Path]:
        """Files that are not written to any more, oldest first."""
        there = journal_files(self.folder)  # before the others: a file that begins in between is in neither
        with self._mutex:
            written = {file.path for file in self._open}
        return [path for path in there if path not in written]

    def _fitting(self, schema: pa.Schema) -> _File:
        if self._is_closed:
            raise StoreError("the prediction log is closed")
        for file in self._open:
            if file.schema is schema or file.schema.equals(schema):
                return file
        if len(self._open) == _OPEN_FILES:
            self._retire(self._open[0])
        self._count += 1
        path = self.folder / f"{self._count:08d}{_SUFFIX}"
        self._open.append(_File(path, schema, self._clock(), self._limits.durability != "process"))
        return self._open[-1]

    def _retire(self, file: _File) -> None:
        self._open.remove(file)
        self._retired.append(file)  # closing may take a while: whoever has the time does it

    def _close_retired(self) -> None:
        while self._retired:
            file = self._retired.pop()
            with explained(str(file.path), "written"):
                file.close()


class _File:
    """An open write-ahead file."""

    def __init__(self, path: Path, schema: pa.Schema, opened: float, is_durable: bool) -> None:
        self.path = path
        self.schema = schema
        self.opened = opened
        self.size = 0
        self._told = 0
        self._flushed = 0
        self._is_durable = is_durable
        self._flushing = threading.Lock()
        self._file = path.open("xb", buffering=0)
        try:
            self.write(schema_frame(schema))
            if is_durable:
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

    def growth(self) -> int:
        """Bytes since this was last asked."""
        grown, self._told = self.size - self._told, self.size
        return grown

    def flush(self, upto: int) -> None:
        """Bring the first `upto` bytes to the disk. Those who wait meanwhile are served by one flush together."""
        with self._flushing:
            if self._flushed < upto:
                reached = self.size
                os.fdatasync(self._file.fileno())
                self._flushed = reached

    def close(self) -> None:
        """Close it; who waits for a flush is served by that of the closing."""
        if self._is_durable:
            self.flush(self.size)
        with self._flushing:
            self._file.close()


def _flush_folder(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
