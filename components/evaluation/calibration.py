"""Whether predicted probabilities are the shares that are then observed."""

from __future__ import annotations

import numpy as np

from components.contracts.reports import Reliability
from components.evaluation.predictions import Floats, Integers, Predictions

BINS = 15
"""Of equal width over [0, 1]; as many as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017."""


def confidence(predictions: Predictions) -> tuple[Floats, Floats]:
    """What was predicted and whether it happened.

    Returns:
        (n,) the positive class's probability and 1 where it occurred; with more than two classes the most probable
        one's.
    """
    if predictions.positive is not None:
        return predictions.positive_scores, predictions.is_positive.astype(float)
    top = predictions.scores.argmax(axis=1)
    return predictions.scores.max(axis=1), (top == predictions.labels).astype(float)


def bin_of(probabilities: Floats) -> Integers:
    """(n,) the bin of each probability; the last one is closed."""
    return np.clip((probabilities * BINS).astype(np.int64), 0, BINS - 1)


def reliability(predictions: Predictions) -> tuple[Reliability, ...]:
    """Mean predicted probability and observed share in each bin that has rows; nothing for regression."""
    if predictions.decided is None or not predictions.finite.all():
        return ()
    predicted, happened = confidence(predictions)
    bins = bin_of(predicted)
    rows = np.bincount(bins, minlength=BINS)
    sums = (np.bincount(bins, weights=of, minlength=BINS) for of in (predicted, happened))
    means = [total[rows > 0] / rows[rows > 0] for total in sums]
    return tuple(
        Reliability(predicted=float(mean), observed=float(share), rows=int(count))
        for mean, share, count in zip(*means, rows[rows > 0], strict=True)
    )
