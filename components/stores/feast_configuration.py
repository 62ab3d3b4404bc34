"""Feast's configuration file with what the environment says, and its errors in one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any

import yaml
from pydantic import ValidationError

from components.contracts.errors import EvergreenError, StoreError
from components.settings import Settings

FILE = "feature_store.yaml"

ONLINE = ("project", "provider", "online_store", "entity_key_serialization_version")
"""The parts that decide where online values are."""


def read(folder: Path, settings: Settings, parts: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The file's parts, `${NAME}` in them filled in; of the others, the environment need not have the names.

    Args:
        folder: Feast's repository.
        settings: EVERGREEN_HOME and EVERGREEN_DATA.
        parts: Which; all when None.

    Raises:
        StoreError: The file cannot be read, is not YAML, or names what the environment does not have.
    """
    places = {
        **os.environ,
        "EVERGREEN_HOME": str(settings.home.resolve()),
        "EVERGREEN_DATA": settings.data_uri(),  # Feast's command line works from the repository's folder
    }
    with reading(folder):
        found = dict(yaml.safe_load((folder / FILE).read_text(encoding="utf-8")))
        return {name: _filled(part, places) for name, part in found.items() if parts is None or name in parts}


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Tell in one sentence what is wrong with the file."""
    path = folder / FILE
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}; check EVERGREEN_FEATURES") from error
    except KeyError as error:
        raise StoreError(f"{path} needs {error} from the environment") from error
    except (yaml.YAMLError, ValidationError, TypeError, ValueError) as error:
        raise StoreError(f"{path} is not a Feast configuration: {error}") from error


@contextmanager
def explained(done: str) -> Iterator[None]:
    """Tell what goes wrong in Feast or in what it uses, in one sentence."""
    try:
        yield
    except EvergreenError:
        raise
    except Exception as error:  # its stores fail in any way
        raise StoreError(f"the feature store cannot be {done}: {type(error).__name__}: {error}") from error


def _filled(part: Any, places: Mapping[str, str]) -> Any:
    # After parsing, so that a secret may hold what means something in YAML.
    if isinstance(part, str):
        return Template(part).substitute(places)
    if isinstance(part, dict):
        return {name: _filled(value, places) for name, value in part.items()}
    return [_filled(value, places) for value in part] if isinstance(part, list) else part
