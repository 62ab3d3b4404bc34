"""How a predictor is started on a release, on the loopback address of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.contracts.release import Release
from components.serving import processes
from components.serving.endpoint import Endpoint
from components.serving.processes import LOOPBACK, Process


def address(port: int) -> str:
    """Base address of a predictor of this machine."""
    return f"http://{LOOPBACK}:{port}"


def launch(release: Release, port: int, log: Path, settings: dict[str, str]) -> Process:
    """Start a predictor on a release and wait until it is ready.

    Args:
        release: What it serves.
        port: Where.
        log: What it prints is added here.
        settings: Environment variables of its own.

    Raises:
        RolloutError: It does not come up; it is ended.
    """
    since = log.stat().st_size if log.exists() else 0
    process = processes.start({**_environment(release, port), **settings}, log)
    try:
        with Endpoint(address(port), release.use_case, seconds=5) as endpoint:
            processes.wait_until(lambda: process.listens(port) and endpoint.ready(), process, log, since)
    except BaseException:
        process.end()
        raise
    return process


@contextmanager
def launched(release: Release, log: Path, settings: dict[str, str]) -> Iterator[Endpoint]:
    """A predictor on a free port, ended at the end, or with this process where that is killed.

    Raises:
        RolloutError: It does not come up.
    """
    port = processes.port(0)
    process = launch(release, port, log, {**settings, "EVERGREEN_SERVING_PARENT": str(os.getpid())})
    try:
        with Endpoint(address(port), release.use_case) as endpoint:
            yield endpoint
    finally:
        process.end()


def _environment(release: Release, port: int) -> dict[str, str]:
    own = {
        "MODEL": release.address,
        "NAME": release.use_case,
        "VERSION": release.version,
        "DIGEST": release.digest,
        "RUN": release.run,
        "HOST": LOOPBACK,
        "PORT": str(port),
        "REPOSITORY": "true",
    }
    # Of the run that starts it, nothing stays with it.
    inherited = {name: value for name, value in os.environ.items() if name != "EVERGREEN_RUN"}
    return {**inherited, **{f"EVERGREEN_SERVING_{name}": value for name, value in own.items()}}
