"""A policy lived through: the same decision as in the running system, on what it would have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from dateutil.relativedelta import relativedelta

from components.contracts.decisions import Record
from components.contracts.metrics import higher_is_better
from components.contracts.monitoring import DriftReport, PerformanceReport
from components.contracts.watching import Triggering
from components.evaluation.metrics import values
from components.evaluation.predictions import Predictions
from components.triggering.policy import decide
from components.triggering.signals import events
from pipelines.backtesting.grid import Grid
from pipelines.backtesting.past import Past

UNMEASURED = DriftReport(rows=0, reference_rows=0, windows=0)
UNJUDGED = PerformanceReport(metric="", rows=0)
"""What no cause of a policy asks for is not measured."""


@dataclass(frozen=True)
class Life:
    """What a policy led to."""

    name: str
    serving: tuple[int, ...]
    """The checkpoint whose model serves from each checkpoint on."""
    records: tuple[Record, ...]
    """Every decision."""
    months: Mapping[datetime, float]
    """The metric of what was served, by month."""
    seconds: float
    """What its trainings took."""
    shadow_seconds: float
    """What its shadows took."""

    @property
    def trainings(self) -> tuple[Record, ...]:
        """The decisions to train."""
        return tuple(record for record in self.records if record.decision.trains)

    @property
    def quality(self) -> float:
        """The mean over the months."""
        return float(np.mean(list(self.months.values())))


def live(name: str, policy: Triggering, past: Past) -> Life:
    """Let a policy decide at every checkpoint; what is trained serves at once."""
    grid, records, serving = past.grid, list[Record](), [0]
    shadows = 0.0
    for at in range(1, len(grid.at)):
        now, trains = serving[-1], False
        for event in _knocking(past, policy, at, now, records):
            decision = decide(event, records, policy)
            records.append(Record(decision=decision, state="started" if decision.trains else "held"))
            trains = trains or decision.trains
            shadows += grid.seconds[at] if event.evidence.gain is not None else 0.0
        serving.append(at if trains else now)
    taken = [k for k, model in enumerate(serving) if k and model == k]
    return Life(
        name,
        tuple(serving),
        tuple(records),
        monthly(grid, serving, past.metric),
        sum(grid.seconds[k] for k in taken),
        shadows if _has_shadow(policy) else 0.0,
    )


def _knocking(past: Past, policy: Triggering, at: int, serving: int, records: Sequence[Record]):  # type: ignore[no-untyped-def]
    ends = [record.end for record in records if record.decision.trains]
    monitoring = past.grid.entry.case.monitoring
    return events(
        past.collection(at, serving),
        past.drift(at, serving) if policy.drift else UNMEASURED,
        past.performance(at, serving) if policy.performance else UNJUDGED,
        monitoring,
        policy,
        max(ends, default=past.grid.at[0]),
    )


def _has_shadow(policy: Triggering) -> bool:
    return policy.performance is not None and policy.performance.gain < 1e299


def monthly(grid: Grid, serving: Sequence[int], metric: str) -> dict[datetime, float]:
    """The metric of what was served, in each calendar month that has rows."""
    found = {}
    month = grid.at[0].replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < grid.at[-1]:
        rows = grid.between(max(month, grid.at[0]), month + relativedelta(months=1))
        places = np.arange(rows.start, rows.stop)
        if len(places):
            found[month] = _served(grid, serving, places, metric)
        month += relativedelta(months=1)
    return {month: value for month, value in found.items() if np.isfinite(value)}


def _served(grid: Grid, serving: Sequence[int], places: np.ndarray, metric: str) -> float:
    """Of rows whose answers come from different models, as a caller saw them."""
    of = np.searchsorted(grid.first, places, side="right") - 1
    models = np.asarray(serving)[of]
    parts = [(model, np.flatnonzero(models == model)) for model in np.unique(models)]
    said = [grid.said(int(model), places[inside]) for model, inside in parts]
    order = np.concatenate([inside for _, inside in parts])
    return values([metric], together(said).take(np.argsort(order)))[metric]


def together(said: Sequence[Predictions]) -> Predictions:
    """The answers of several models, each to rows of its own, as those of one."""
    decided = [one.decided for one in said if one.decided is not None]
    return replace(
        said[0],
        labels=np.concatenate([one.labels for one in said]),
        scores=np.concatenate([one.scores for one in said]),
        decided=np.concatenate(decided) if decided else None,
    )


def frontier(lives: Sequence[Life], metric: str) -> tuple[Life, ...]:
    """The lives that no other beats in both quality and number of trainings."""
    sign = 1 if higher_is_better(metric) else -1

    def beaten(one: Life) -> bool:
        return any(
            (sign * other.quality, -len(other.trainings)) != (sign * one.quality, -len(one.trainings))
            and sign * other.quality >= sign * one.quality
            and len(other.trainings) <= len(one.trainings)
            for other in lives
        )

    return tuple(one for one in lives if not beaten(one))
