"""Metrics that rest on the order of rows: sorted once, then a few cumulative sums for each draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.evaluation.predictions import Floats, Integers, Predictions
from components.evaluation.sums import mean_of_defined, ratio


class Ranking:
    """Positive and negative rows, each by falling score, and where they stand among each other."""

    def __init__(self, scores: Floats, is_positive: npt.NDArray[np.bool_], units: Integers) -> None:
        falling, lower = _sorted(-scores, is_positive), _sorted(-scores, ~is_positive)
        self.positives, self.negatives = units[falling], units[lower]
        heights = -scores[falling]
        self.above = np.searchsorted(-scores[lower], heights, side="left")
        """Per positive row, how many negative ones have a higher score."""
        self.down_to = np.searchsorted(-scores[lower], heights, side="right")
        """… a higher score or the same."""
        self.reached = np.searchsorted(heights, heights, side="right")
        """… how many positive ones, itself included."""

    def __call__(self, counts: Floats) -> tuple[Floats, Floats]:
        """(m, units) → ROC AUC (m,) and average precision (m,); NaN without a row of each kind."""
        weights = np.take(counts, self.positives, axis=1)
        before = _running(np.take(counts, self.negatives, axis=1))
        above, down_to = np.take(before, self.above, axis=1), np.take(before, self.down_to, axis=1)
        positives, negatives = weights.sum(axis=1), before[:, -1]

        # Of all pairs of a positive and a negative row, those in which the negative one scores higher; ties are half.
        lost = np.einsum("ij,ij->i", weights, above + down_to) / 2

        hits = np.take(_running(weights), self.reached, axis=1)
        found = hits + down_to
        precision = np.divide(hits, found, out=np.zeros_like(found), where=found > 0)
        averaged = ratio(np.einsum("ij,ij->i", weights, precision), positives)
        return 1 - ratio(lost, positives * negatives), np.where(negatives > 0, averaged, np.nan)


class Ranks:
    """Areas under the receiver operating characteristic and, by steps, under the precision-recall curve.

    Of the positive class; with more than two classes of every class that occurs against all other rows, averaged.
    """

    METRICS = ("roc_auc", "average_precision")

    def __init__(self, predictions: Predictions, units: Integers) -> None:
        occurring = np.unique(predictions.labels) if predictions.positive is None else [predictions.positive]
        self.rankings = [
            Ranking(predictions.scores[:, int(name)], predictions.labels == name, units) for name in occurring
        ]

    def __call__(self, counts: Floats) -> Floats:
        """(m, units) → (m, 2)."""
        by_class = [ranking(counts) for ranking in self.rankings]
        return np.column_stack(
            [mean_of_defined(np.column_stack(areas)) for areas in zip(*by_class, strict=True)]
        )


class MedianError:
    """Weighted median of the absolute error; the mean of two where the middle lies between them."""

    METRICS = ("median_ae",)

    def __init__(self, predictions: Predictions, units: Integers) -> None:
        errors = np.abs(predictions.scores - predictions.labels)
        order = np.argsort(errors, kind="stable")
        self.errors, self.units = errors[order], units[order]

    def __call__(self, counts: Floats) -> Floats:
        """(m, units) → (m,)."""
        upto = np.cumsum(np.take(counts, self.units, axis=1), axis=1)
        middle = upto[:, -1:] / 2
        last = len(self.errors) - 1
        lower = self.errors[np.minimum((upto < middle).sum(axis=1), last)]
        upper = self.errors[np.minimum((upto <= middle).sum(axis=1), last)]
        return np.where(middle[:, 0] > 0, (lower + upper) / 2, np.nan)


def _sorted(keys: Floats, chosen: npt.NDArray[np.bool_]) -> Integers:
    """The chosen rows, by rising key."""
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(keys[rows], kind="stable")]


def _running(weights: Floats) -> Floats:
    """(m, rows) → (m, rows + 1) the sum so far, beginning with nothing."""
    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums
