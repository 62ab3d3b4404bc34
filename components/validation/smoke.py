"""Talk to a predictor that was started on a model, before anyone relies on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, islice
from typing import Any, Protocol

import numpy as np

from components.contracts.model import Golden, ModelManifest
from components.contracts.smoke import BadRequest, SmokeReport
from components.serving.replay import Asked, distance, tolerance
from components.validation.probes import Probe, probes

CALLS = 200
"""Single rows that are timed, after a tenth as many to warm up."""


class Answer(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """Of HTTP."""

    @property
    def text(self) -> str:
        """The body."""


class Predictor(Asked, Protocol):
    """One that was started."""

    def send(self, body: bytes) -> Answer:
        """The answer to a body that may be anything."""


def examine(
    predictor: Predictor, manifest: ModelManifest, golden: Golden, clock: Callable[[], float]
) -> SmokeReport:
    """Ask wrongly, replay the golden rows, and measure how long single rows take.

    The times are a measurement and differ from run to run; the budget gates read them and nothing else does.

    Args:
        predictor: It has the model.
        manifest: The model's.
        golden: Its rows, one at least, and what it answered to them offline.
        clock: Seconds.
    """
    refused = tuple(_tried(predictor, probe) for probe in probes(manifest.inputs, golden.rows[0]))
    # After the bad requests: they must not have spoilt anything.
    found = distance(predictor, manifest, golden)
    median, slow = np.quantile(_seconds(predictor, golden.rows, clock), [0.5, 0.99])
    return SmokeReport(
        golden_rows=len(golden.rows),
        difference=found,
        tolerance=tolerance(manifest, golden),
        bad_requests=refused,
        requests=CALLS,
        latency_ms=float(median) * 1e3,
        latency_p99_ms=float(slow) * 1e3,
    )


def _tried(predictor: Predictor, probe: Probe) -> BadRequest:
    answer = predictor.send(probe.body)
    return BadRequest(
        name=probe.name, field=probe.field, status=answer.status, named=probe.field in answer.text
    )


def _seconds(
    predictor: Predictor, rows: Sequence[Mapping[str, Any]], clock: Callable[[], float]
) -> list[float]:
    warm_up = CALLS // 10
    taken = []
    for row in islice(cycle(rows), CALLS + warm_up):
        before = clock()
        predictor.predictions([row])
        taken.append(clock() - before)
    return taken[warm_up:]
