"""A predictor as a process of this machine: started, found again by a later command, and ended."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from components.contracts.errors import RolloutError
from components.contracts.reports import Report

PREDICTOR = "components.serving.predictor"
LOOPBACK = "127.0.0.1"

READY_SECONDS = 120.0
"""How long a predictor may take to come up; its imports alone take seconds on a machine with company."""
DRAIN_SECONDS = 60.0
"""How long one that was asked to end may take to answer what it accepted."""


class Process(Report):
    """A process by which it is known again: another one that got its number has another beginning."""

    pid: int
    created: float
    """Seconds since 1970."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        found = self._found()
        try:
            return found is not None and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def listens(self, port: int) -> bool:
        """Whether it is the one that listens there; whoever answers at a port may be another."""
        found = self._found()
        try:
            listening = found.connections("tcp") if found is not None else []
        except psutil.Error:
            return False
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in listening)

    def end(self) -> None:
        """Ask it to end and wait until it answered what it accepted; one that does not end is killed.

        One that ended by itself is waited for all the same: a child of this process would stay as a zombie.
        """
        found = self._found()
        if found is None:
            return
        found.terminate()
        try:
            found.wait(DRAIN_SECONDS)
        except psutil.TimeoutExpired:
            found.kill()
            found.wait(DRAIN_SECONDS)

    def _found(self) -> psutil.Process | None:
        try:
            found = psutil.Process(self.pid)
            return found if found.create_time() == self.created else None
        except psutil.NoSuchProcess:
            return None


def start(environment: dict[str, str], log: Path) -> Process:
    """Start a predictor that outlives this process; what it prints is added to its log."""
    with log.open("a", encoding="utf-8") as output:
        started = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", PREDICTOR],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    process = Process(pid=started.pid, created=psutil.Process(started.pid).create_time())
    started.returncode = 0  # it outlives this one, and Popen would complain of that
    return process


def wait_until(ready: Callable[[], bool], process: Process, log: Path, since: int) -> None:
    """Wait until a predictor is ready.

    Args:
        ready: Asks it.
        process: It.
        log: Where it prints.
        since: Size of the log when it was started.

    Raises:
        RolloutError: It ended, or took too long; the message is the last that it printed.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        if not process.alive:
            raise RolloutError(_last_words(log, since) or f"the predictor ended without a word; see {log}")
        if time.monotonic() > deadline:
            raise RolloutError(f"the predictor was not ready after {READY_SECONDS:.0f} s; see {log}")
        time.sleep(0.05)


def _last_words(log: Path, since: int) -> str:
    """The reason in the last line of a log, whose lines are JSON objects; another line as it is."""
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode(errors="replace").strip().splitlines()
    last = lines[-1] if lines else ""
    try:
        told = json.loads(last)
        return str(told.get("reason") or told["message"])
    except (ValueError, KeyError, AttributeError):
        return last


def port(preferred: int) -> int:
    """The preferred port of the loopback address, or a free one when it is taken."""
    for number in (preferred, 0):
        with socket.socket() as probe:
            # As servers do: what is left of connections of before is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, number))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RolloutError(f"no port of {LOOPBACK} is free; end some servers of this machine")
