"""What a model costs when it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts.reports import Cost

CALLS = 200
"""Single rows that are timed."""


def cost(
    folder: Path,
    answer: Callable[[Sequence[Mapping[str, Any]]], object],
    requests: Sequence[Mapping[str, Any]],
    clock: Callable[[], float],
    calls: int = CALLS,
) -> Cost:
    """Size of a model folder, and how long single rows take in this process.

    The times are a measurement and differ from run to run; the budget gates read them and nothing else does.

    Args:
        folder: The model's.
        answer: Predicts a batch of rows.
        requests: Rows as a caller would send them, one at least.
        clock: Seconds.
        calls: How often, after a tenth as many to warm up.
    """
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    asked = islice(cycle(requests), calls + calls // 10)
    seconds = [_timed(answer, request, clock) for request in asked][calls // 10 :]
    median, slow = np.quantile(seconds, [0.5, 0.99])
    return Cost(size_mb=size / 1e6, latency_ms=float(median) * 1e3, latency_p99_ms=float(slow) * 1e3)


def _timed(
    answer: Callable[[Sequence[Mapping[str, Any]]], object],
    request: Mapping[str, Any],
    clock: Callable[[], float],
) -> float:
    before = clock()
    answer([request])
    return clock() - before
