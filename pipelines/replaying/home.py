"""A place of its own for a replay: its stores, its server and its prediction log touch nothing of the user's."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil
from filelock import FileLock, Timeout

from components.contracts.errors import UseCaseError
from components.contracts.serving import Serving
from components.serving.local import LocalRollout
from components.settings import Settings

MARK = "replay"
"""A file of this name says that a folder is a replay's, and may be emptied by the next."""

SHIPPED_AFTER = 1.0
"""Seconds after which the predictor ships what it answered: a replayed day takes less than that."""


@contextmanager
def own(home: Path, settings: Settings) -> Iterator[Settings]:
    """Empty stores under a folder, for this process and all that it starts; afterwards no server of it runs any more.

    Args:
        home: The folder; what an earlier replay left there is removed.
        settings: The user's: data and feature definitions are theirs.

    Raises:
        UseCaseError: There is something in the folder that no replay made, or another replay is at work there.
    """
    before = dict(os.environ)
    os.environ.update(environment(home.resolve(), settings))
    try:
        with _alone(home), _ends_on_terminate():
            rollout = LocalRollout(Settings(), Serving())
            _empty(home, rollout)
            try:
                yield Settings()
            finally:
                _end_steps()
                _end_servers(rollout)
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else replays there: what comes first empties the folder. The lock lies beside it, and ends with its process."""
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.with_name(f".{home.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UseCaseError(
            f"a replay is at work in {home}; wait for it, or name another folder with --home"
        ) from None
    try:
        yield
    finally:
        lock.release()


def environment(home: Path, settings: Settings) -> Mapping[str, str]:
    """The variables of a replay: an empty one means HOME, whatever `.env` says."""
    elsewhere = ("STORE", "TRACKING_URI", "DECISIONS", "ALERTS", "STARTER", "PREDICTIONS")
    return {
        **{f"EVERGREEN_{name}": "" for name in elsewhere},
        "EVERGREEN_HOME": str(home),
        "EVERGREEN_DATA": settings.data_uri(),
        "EVERGREEN_SERVING": "local",
        "EVERGREEN_LOG_FOLDER": str(journal(home)),
        "EVERGREEN_LOG_SEGMENT_SECONDS": str(SHIPPED_AFTER),
    }


def journal(home: Path) -> Path:
    """Where the predictor keeps what it answered until that is in the prediction log."""
    return home / "journal"


def _empty(home: Path, rollout: LocalRollout) -> None:
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).exists():
            raise UseCaseError(f"{home} is not empty and no replay made it; name another folder with --home")
        _end_servers(rollout)  # of a replay that was killed
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()


def _end_servers(rollout: LocalRollout) -> None:
    for name in rollout.use_cases():
        rollout.stop(name)


def _end_steps() -> None:
    """A step that goes on alone, after this process was told to end, could start a server yet."""
    for child in psutil.Process().children():
        child.terminate()
    psutil.wait_procs(psutil.Process().children(), timeout=10)


@contextmanager
def _ends_on_terminate() -> Iterator[None]:
    """SIGTERM ends this process as Ctrl-C does: through every `finally`."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
