"""Metrics that are a function of sums over rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from components.evaluation.calibration import BINS, bin_of, confidence
from components.evaluation.predictions import Floats, Predictions

SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are clipped here for the log loss, as scikit-learn does."""

ROUNDING = 1e-12
"""A variance this much smaller than the square it is the rest of is rounding: the label is constant."""


class Sums(NamedTuple):
    """What each row adds, and what the metric makes of the weighted sums."""

    terms: Floats
    """(n, p)"""
    finish: Callable[[Floats], Floats]
    """(m, p) weighted sums → (m,) values."""


def ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where the whole is nothing."""
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


def mean_of_defined(values: Floats) -> Floats:
    """(m, k) → (m,) the mean of those that are not NaN; NaN where all are."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1).astype(float))


def mean_of(values: Floats) -> Sums:
    """A metric that is a mean over rows."""
    return Sums(np.column_stack([values, np.ones(len(values))]), lambda sums: ratio(sums[:, 0], sums[:, 1]))


def log_loss(predictions: Predictions) -> Sums:
    """Minus the log of the probability that the true class was given."""
    given = np.take_along_axis(predictions.scores, predictions.labels[:, None].astype(np.int64), axis=1)[:, 0]
    return mean_of(-np.log(np.clip(given, SMALLEST, 1 - SMALLEST)))


def brier(predictions: Predictions) -> Sums:
    """Squared error of the probabilities, summed over the classes (half of it with two classes, as is usual)."""
    happened = predictions.labels[:, None] == np.arange(predictions.scores.shape[1])
    squared = np.square(predictions.scores - happened).sum(axis=1)
    return mean_of(squared if predictions.positive is None else squared / 2)


def accuracy(predictions: Predictions) -> Sums:
    """Share of rows whose class was predicted."""
    return mean_of(_hits(predictions))


def balanced_accuracy(predictions: Predictions) -> Sums:
    """Recall of each class that occurs, averaged."""
    happened = _per_class(predictions, predictions.labels)
    recalled = happened * _hits(predictions)[:, None]
    return Sums(np.hstack([recalled, happened]), lambda sums: mean_of_defined(ratio(*np.hsplit(sums, 2))))


def f1(predictions: Predictions) -> Sums:
    """2 TP / (2 TP + FP + FN) of the positive class; of all classes that occur or are predicted, averaged, with more."""
    happened = _per_class(predictions, predictions.labels)
    said = _per_class(predictions, predictions.decided)
    if predictions.positive is not None:
        happened, said = happened[:, [predictions.positive]], said[:, [predictions.positive]]
    terms = np.hstack([2 * happened * said, happened + said])
    return Sums(terms, lambda sums: mean_of_defined(ratio(*np.hsplit(sums, 2))))


def calibration_error(predictions: Predictions) -> Sums:
    """Expected calibration error: how far predicted and observed shares are apart in a bin, averaged over rows.

    With two classes of the positive one's probability (Naeini et al., AAAI 2015), with more of the most probable
    class's (Guo et al., ICML 2017); bins of equal width.
    """
    predicted, happened = confidence(predictions)
    excess = np.zeros((len(predicted), BINS + 1))
    excess[np.arange(len(predicted)), bin_of(predicted)] = predicted - happened
    excess[:, BINS] = 1
    return Sums(excess, lambda sums: ratio(np.abs(sums[:, :BINS]).sum(axis=1), sums[:, BINS]))


def rmse(predictions: Predictions) -> Sums:
    """Root of the mean squared error."""
    squared = mean_of(np.square(predictions.scores - predictions.labels))
    return Sums(squared.terms, lambda sums: np.sqrt(squared.finish(sums)))


def mae(predictions: Predictions) -> Sums:
    """Mean absolute error."""
    return mean_of(np.abs(predictions.scores - predictions.labels))


def r2(predictions: Predictions) -> Sums:
    """Share of the label's variance that is explained."""
    # Deviations from the middle of all rows, or the sums of squares would cancel.
    centred = predictions.labels - np.median(predictions.labels)
    squared = np.square(predictions.scores - predictions.labels)
    terms = np.column_stack([squared, np.square(centred), centred, np.ones(len(centred))])

    def finish(sums: Floats) -> Floats:
        spread = sums[:, 1] - ratio(np.square(sums[:, 2]), sums[:, 3])
        constant = spread <= ROUNDING * sums[:, 1]
        return np.asarray(1 - ratio(sums[:, 0], np.where(constant, 0.0, spread)))

    return Sums(terms, finish)


def _hits(predictions: Predictions) -> Floats:
    """(n,) one where the predicted class is the true one."""
    return np.asarray(predictions.decided == predictions.labels, dtype=np.float64)


def _per_class(predictions: Predictions, classes: object) -> Floats:
    """(n, k) one where the row's entry in `classes` (n,) is the column's class."""
    found = np.asarray(classes)[:, None] == np.arange(predictions.scores.shape[1])
    return np.asarray(found, dtype=np.float64)


SUMS: dict[str, Callable[[Predictions], Sums]] = {
    "log_loss": log_loss,
    "brier": brier,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "calibration_error": calibration_error,
    "rmse": rmse,
    "mae": mae,
    "r2": r2,
}
