"""Predictions of a small model, and a log of its own for a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.stores.predictions import PredictionLog
from components.stores.shipping import Pace
from tests.predictions import QUICK
from tests.unit.stores.conftest import cloud

__all__ = ["cloud"]


@pytest.fixture
def opened(tmp_path) -> Iterator[Callable[..., PredictionLog]]:
    """Open logs that share a folder and a place; they are closed in the end."""
    logs = []

    def open_log(place: str | Path = tmp_path / "place", pace: Pace = QUICK, **how: Any) -> PredictionLog:
        logs.append(PredictionLog(tmp_path / "journal", str(place), "shop", pace=pace, **how))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close(0.2)
