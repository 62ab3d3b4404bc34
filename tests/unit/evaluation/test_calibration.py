import numpy as np

from components.evaluation.calibration import reliability
from components.evaluation.predictions import Predictions


def two_classes(labels, scores):
    scores = np.asarray(scores)
    return Predictions(
        np.asarray(labels), np.column_stack([1 - scores, scores]), np.zeros(len(scores), int), positive=1
    )


def test_each_bin_with_rows_tells_what_was_predicted_and_what_happened():
    low, high = reliability(two_classes([0, 1, 1, 1], [0.01, 0.03, 1.0, 0.98]))
    assert (low.rows, low.predicted, low.observed) == (2, 0.02, 0.5)
    assert (high.rows, high.predicted, high.observed) == (2, 0.99, 1.0)


def test_numbers_have_no_calibration():
    assert reliability(Predictions(np.ones(3), np.ones(3))) == ()
