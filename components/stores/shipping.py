"""From this machine to the log's place: finished write-ahead files become Parquet, once each.

A file's segments have names that the file's own name decides, so that one that is shipped again, because the process died
or the place did not answer, takes its own place. The file is removed when all of it is there.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.errors import DataError
from components.stores import objects
from components.stores.failures import sentence
from components.stores.frames import Decoded, decode
from components.stores.holdings import Holding
from components.stores.hours import folder, hours_of
from components.stores.journal import Journal, journal_files
from components.stores.tally import Tally

_DAMAGED = ".damaged"

Clock = Callable[[], float]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often the shipping looks for work, and how long it waits for a place that does not answer, in seconds."""

    tick: float = 1.0
    first: float = 1.0
    longest: float = 60.0
    adoption: float = 30.0
    """How often folders of dead processes are looked for."""

    def wait(self, failures: int) -> float:
        """Seconds until the next attempt, after some in a row that failed: doubled each time, and half of it by chance.

        Chance keeps many writers from coming back at once ("equal jitter": Brooker, Exponential Backoff And Jitter, 2015).
        """
        longest = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311


@dataclass(frozen=True)
class Target:
    """Where predictions are shipped to."""

    place: str
    """Address of the log."""
    use_case: str


def ship(path: Path, target: Target) -> Decoded:
    """Copy the rows of a finished write-ahead file to the log's place.

    Returns:
        What was in it.

    Raises:
        DataError: It cannot be read.
        StoreError: The place cannot be written.
    """
    found = decode(_content(path))
    name = f"{path.parent.name}-{path.stem}.parquet"
    for hour, rows in hours_of(found.rows) if found.rows is not None else ():
        sink = pa.BufferOutputStream()
        pq.write_table(rows, sink, compression="zstd")
        objects.write_bytes(f"{folder(target.place, target.use_case, hour)}/{name}", sink.getvalue())
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # Else a power failure could shorten it after it was shipped, and what is shipped again would be less.
            os.fsync(file.fileno())
            return file.read()
    except OSError as error:
        raise DataError(sentence(str(path), "read", error)) from error


class Shipper:
    """Ships one journal and what dead processes left beside it, on a thread of its own."""

    def __init__(
        self, holding: Holding, journal: Journal, target: Target, tally: Tally, pace: Pace, clock: Clock
    ) -> None:
        self._holding = holding
        self._journal = journal
        self._target = target
        self._tally = tally
        self._pace = pace
        self._clock = clock
        self._adopted: list[Holding] = []
        self._failures = 0
        self._next_attempt = self._next_adoption = self._deadline = clock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Close the journal and ship what there is, for so many seconds; the rest stays for the next process."""
        self._deadline = self._clock() + seconds
        self._stopping.set()
        self._thread.join(seconds + self._pace.tick)

    def _run(self) -> None:
        while not self._stopping.wait(self._pace.tick):
            self._guarded(self._journal.tend)
            if self._clock() >= self._next_adoption:
                self._guarded(self._adopt)
            if self._clock() >= self._next_attempt:
                self._guarded(self._ship_all)
        self._guarded(self._journal.close)
        self._guarded(self._ship_all)
        while self._failures and self._clock() < self._deadline:
            time.sleep(max(0.0, min(self._next_attempt, self._deadline) - self._clock()))
            self._guarded(self._ship_all)
        for holding in (*self._adopted, self._holding):
            holding.release()

    def _guarded(self, work: Callable[[], None]) -> None:
        """The thread outlives whatever goes wrong: what could not be done is tried again."""
        try:
            work()
        except Exception as error:
            self._failures += 1
            self._tally.failed(str(error))
            self._next_attempt = self._clock() + self._pace.wait(self._failures)
            log.warning("predictions stay on this machine for now: %s", error)

    def _adopt(self) -> None:
        self._next_adoption = self._clock() + self._pace.adoption
        for holding in Holding.left(self._holding.folder.parent):
            waiting = sum(path.stat().st_size for path in journal_files(holding.folder))
            self._tally.add(pending_bytes=waiting)
            self._adopted.append(holding)

    def _ship_all(self) -> None:
        for holding in tuple(self._adopted):
            for path in journal_files(holding.folder):
                self._ship(path, is_own=False)
            self._adopted.remove(holding)
            holding.release()
        for path in self._journal.finished():
            self._ship(path, is_own=True)
        self._failures, self._tally.last_error = 0, ""

    def _ship(self, path: Path, is_own: bool) -> None:
        size = path.stat().st_size
        try:
            found = ship(path, self._target)
        except DataError as error:
            # It would stop all that come after it.
            log.error("%s is set aside as %s: %s", path, _DAMAGED, error)
            path.rename(path.with_suffix(_DAMAGED))
            self._tally.add(damaged_bytes=size, pending_bytes=-size)
            return
        _set_aside(found.misfits, path.with_suffix(_DAMAGED))
        path.unlink()
        rows = 0 if found.rows is None else found.rows.num_rows
        self._tally.add(
            damaged_bytes=found.damaged + sum(map(len, found.misfits)),
            pending_bytes=-size,
            pending_rows=-rows if is_own else 0,
        )
        self._tally.shipped(rows, datetime.now(UTC))


def _set_aside(misfits: Sequence[bytes], path: Path) -> None:
    if misfits:
        log.error("predictions that do not fit their schema are set aside in %s", path)
        path.write_bytes(b"\n".join(misfits))
