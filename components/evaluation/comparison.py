"""How models do on the same rows, under the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from components.contracts.metrics import higher_is_better
from components.contracts.reports import Estimate, SliceScore
from components.contracts.sections import Bootstrap
from components.evaluation.bootstrap import interval, resample
from components.evaluation.metrics import measure
from components.evaluation.predictions import Floats, Integers, Predictions
from components.evaluation.slices import Members
from components.evaluation.units import Units

Role = Literal["candidate", "baseline", "champion"]
Estimates = dict[str, Estimate]


class Comparison(NamedTuple):
    """What was found, per model and metric."""

    scores: dict[Role, Estimates]
    gains: dict[Role, Estimates]
    """Of the candidate over the others; positive is better."""
    slices: tuple[SliceScore, ...]


class _Draws(NamedTuple):
    """The metrics of one model on some rows."""

    value: Floats
    """(metrics,) of the rows as they are."""
    samples: Floats
    """(resamples, metrics)"""
    units: int
    """How many units the rows are of."""

    def gain_over(self, other: _Draws, metrics: Sequence[str]) -> _Draws:
        signs = np.array([1.0 if higher_is_better(name) else -1.0 for name in metrics])
        return _Draws(signs * (self.value - other.value), signs * (self.samples - other.samples), self.units)

    def estimates(self, metrics: Sequence[str], confidence: float) -> Estimates:
        return {
            name: interval(float(self.value[place]), self.samples[:, place], confidence, self.units)
            for place, name in enumerate(metrics)
        }

    def plain(self, metrics: Sequence[str]) -> dict[str, float]:
        return dict(zip(metrics, self.value.tolist(), strict=True))


def compare(
    predictions: Mapping[Role, Predictions],
    slices: Sequence[Members],
    metrics: Sequence[str],
    units: Units,
    bootstrap: Bootstrap,
) -> Comparison:
    """Measure every model on all rows, and candidate and champion on every slice.

    Args:
        predictions: Of the candidate, and of those it is compared with, on the same n rows.
        slices: Which rows are looked at apart.
        metrics: Names of the metrics.
        units: What the bootstrap draws.
        bootstrap: How often it draws, and how wide the intervals are.
    """
    everywhere = np.arange(len(units.of))
    everything = _draw(
        {(role, -1): (model, everywhere) for role, model in predictions.items()}
        | {
            (role, place): (model, part.rows)
            for place, part in enumerate(slices)
            for role, model in predictions.items()
            if role != "baseline"
        },
        metrics,
        units,
        bootstrap,
    )
    confidence = bootstrap.confidence
    whole = {role: everything[role, -1] for role in predictions}
    return Comparison(
        scores={role: found.estimates(metrics, confidence) for role, found in whole.items()},
        gains={
            role: whole["candidate"].gain_over(found, metrics).estimates(metrics, confidence)
            for role, found in whole.items()
            if role != "candidate"
        },
        slices=tuple(
            _slice_score(
                part, everything["candidate", place], everything.get(("champion", place)), metrics, confidence
            )
            for place, part in enumerate(slices)
        ),
    )


def _draw(
    measured: Mapping[tuple[Role, int], tuple[Predictions, Integers]],
    metrics: Sequence[str],
    units: Units,
    bootstrap: Bootstrap,
) -> dict[tuple[Role, int], _Draws]:
    measures = {
        key: measure(metrics, model.take(rows), units.of[rows]) for key, (model, rows) in measured.items()
    }
    samples = resample(measures, units.size, bootstrap.resamples, bootstrap.seed)
    once = np.ones((1, units.size))
    return {
        key: _Draws(measures[key](once)[0], samples[key], len(np.unique(units.of[rows])))
        for key, (_, rows) in measured.items()
    }


def _slice_score(
    part: Members, candidate: _Draws, champion: _Draws | None, metrics: Sequence[str], confidence: float
) -> SliceScore:
    found = SliceScore(
        column=part.column, value=part.value, rows=len(part.rows), candidate=candidate.plain(metrics)
    )
    if champion is None:
        return found
    gain = candidate.gain_over(champion, metrics).estimates(metrics, confidence)
    return found.model_copy(update={"champion": champion.plain(metrics), "over_champion": gain})
