"""Quality without labels: what calibrated probabilities promise.

A calibrated probability says how often its row is of the class, and so gives the expected confusion matrix at every
threshold: confidence-based performance estimation (NannyML, https://nannyml.readthedocs.io, "Confidence-based
Performance Estimation"; the idea is Garg et al., Leveraging Unlabeled Data to Predict Out-of-Distribution Performance,
ICLR 2022). It sees that rows became harder (covariate shift); it cannot see that the same rows came to mean something
else (concept shift), and says so by promising what does not come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.isotonic import IsotonicRegression

from components.contracts.reports import Estimate
from components.contracts.sections import Bootstrap
from components.evaluation.bootstrap import draws, interval
from components.evaluation.metrics import measure
from components.evaluation.predictions import Floats, Integers, Predictions

ROWS = 20_000
"""More rows than this do not change an expectation that anyone reads."""

RESAMPLES = 100

FEWEST = 200
"""Labelled rows that calibration needs."""


def calibrated(reference: Predictions, scores: Floats) -> Floats:
    """Probabilities (n, k) as the reference's labels bear them out: isotonic, class by class (Zadrozny & Elkan, 2002).

    Args:
        reference: Labelled rows that the model was not fitted on.
        scores: (n, k) what the model said.
    """
    found = np.column_stack(
        [
            IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
            .fit(reference.scores[:, place], reference.labels == place)
            .predict(scores[:, place])
            for place in range(scores.shape[1])
        ]
    )
    total = found.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, found / np.where(total > 0, total, 1.0), scores))


def expected(
    reference: Predictions,
    served: Predictions,
    units: Integers,
    metrics: Sequence[str],
    bootstrap: Bootstrap,
) -> dict[str, Estimate]:
    """The metrics that the served rows are expected to have, whatever their labels.

    Every row is taken once as each class, with the weight of its calibrated probability. The metrics under these
    weights are those of the expected confusion matrices.

    Args:
        reference: Labelled rows that the model was not fitted on.
        served: (n,) rows; their labels are not looked at.
        units: (n,) what the bootstrap draws.
        metrics: Of a classification.
        bootstrap: How wide the intervals are.

    Returns:
        Nothing for a regression, or when the reference is too small to calibrate on.
    """
    if served.decided is None or len(reference.labels) < FEWEST or not len(served.labels):
        return {}
    step = -(-len(served.labels) // ROWS)
    some = served.take(np.arange(0, len(served.labels), step))
    of, classes = np.unique(units[::step], return_inverse=True)[1], some.scores.shape[1]
    weights = calibrated(reference, some.scores).ravel(order="F")
    measured = measure(metrics, _as_each_class(some), np.arange(len(weights)))
    value = measured(weights[None])[0]
    size = int(of.max()) + 1
    samples = np.concatenate(
        [
            measured(np.tile(counts[:, of], classes) * weights)
            for counts in draws(size, RESAMPLES, bootstrap.seed, batch=10)
        ]
    )
    return {
        name: interval(float(value[place]), samples[:, place], bootstrap.confidence, size)
        for place, name in enumerate(metrics)
    }


def _as_each_class(some: Predictions) -> Predictions:
    """(n * k,) the rows as if all were of the first class, then of the second, and so on."""
    rows, classes = some.scores.shape
    again = some.take(np.tile(np.arange(rows), classes))
    return replace(again, labels=np.repeat(np.arange(classes), rows))
