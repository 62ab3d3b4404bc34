"""Run a compiled pipeline on this machine: KFP's local runner, each step a process, no server."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout
from kfp import components as kfp_components
from kfp import local

from components.settings import Settings

_STARTS = re.compile(r"Executing task .*?'([a-z-]+)'")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

Listener = Callable[[str, str], None]
"""Called with ("step", its name) when a step starts, and with ("line", its text) for what it prints."""


def run(ir: Path, arguments: Mapping[str, Any], settings: Settings, run_id: str, listen: Listener) -> bool:
    """Run a compiled pipeline and wait for its end.

    Args:
        ir: The compiled pipeline.
        arguments: Its arguments.
        settings: Where things are kept; the run's log goes to `HOME/runs/RUN/log.txt`.
        run_id: What the run is called in the metadata store.
        listen: Told what goes on.

    Returns:
        Whether every step succeeded.
    """
    os.environ["EVERGREEN_RUN"] = run_id
    with running(settings, run_id), log_path(settings, run_id).open("w", encoding="utf-8") as log:
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=str(settings.home / "pipelines"),
            raise_on_error=True,
            enable_caching=True,
            cache_root=str(settings.home / "cache"),
        )
        with redirect_stdout(_Listened(log, listen)), warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", RuntimeWarning
            )  # that the image is not used: steps are processes here
            try:
                kfp_components.load_component_from_file(str(ir))(**arguments)
            except RuntimeError as error:
                # KFP's word for a failed step; anything else is a mistake of ours and may show its traceback.
                if "finished with status" not in str(error):
                    raise
                return False
    return True


def log_path(settings: Settings, run_id: str) -> Path:
    """Where a run's log is."""
    return settings.home / "runs" / run_id / "log.txt"


def running(settings: Settings, run_id: str) -> FileLock:
    """A lock that is held as long as the run's process lives, however it ends."""
    place = settings.home / "runs" / run_id
    place.mkdir(parents=True, exist_ok=True)
    return FileLock(place / "running.lock", timeout=0)


def was_interrupted(settings: Settings, run_id: str) -> bool:
    """Whether a run of this machine ended without a word: its process is gone, and nobody closed it."""
    if not (settings.home / "runs" / run_id).exists():
        return False
    try:
        with running(settings, run_id):
            return True
    except Timeout:
        return False


class _Listened(io.TextIOBase):
    """Standard output that goes to the log, and line by line to the listener."""

    def __init__(self, log: TextIO, listen: Listener) -> None:
        self._log = log
        self._listen = listen
        self._partial = ""

    def write(self, text: str) -> int:
        text = _COLOURS.sub("", text)
        self._log.write(text)
        self._log.flush()
        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            started = _STARTS.search(line)
            if started:
                self._listen("step", started[1])
            elif line.strip():
                self._listen("line", line.strip())
        return len(text)
