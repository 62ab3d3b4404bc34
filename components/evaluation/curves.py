"""Curves of a classifier: what the dashboard and the page draw."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.evaluation.predictions import Floats, Predictions

POINTS = 100
"""At most so many on a curve."""


class Curve(NamedTuple):
    """One point per threshold, from the highest on; all finite."""

    thresholds: list[float]
    false_positive_rate: list[float]
    recall: list[float]
    precision: list[float]


def curve(predictions: Predictions) -> Curve:
    """ROC and precision-recall curve of the positive class.

    Empty without one, without rows of each kind, or when a prediction is not a finite number.
    """
    if predictions.positive is None or not predictions.finite.all():
        return Curve([], [], [], [])
    positive, scores = predictions.is_positive, predictions.positive_scores
    if positive.all() or not positive.any():
        return Curve([], [], [], [])
    thresholds = np.unique(np.quantile(scores, np.linspace(0, 1, POINTS), method="nearest"))[::-1]
    hits, alarms = (_at_or_above(scores[kind], thresholds) for kind in (positive, ~positive))
    return Curve(
        thresholds.tolist(),
        (alarms / (~positive).sum()).tolist(),
        (hits / positive.sum()).tolist(),
        (hits / (hits + alarms)).tolist(),
    )


def confusion(predictions: Predictions, classes: int) -> list[list[int]]:
    """Rows per true class (down) and predicted class (across)."""
    if predictions.decided is None:
        return []
    cells = predictions.labels.astype(np.int64) * classes + predictions.decided
    return [
        [int(cell) for cell in row]
        for row in np.bincount(cells, minlength=classes**2).reshape(classes, classes)
    ]


def _at_or_above(scores: Floats, thresholds: Floats) -> Floats:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left").astype(np.float64)
