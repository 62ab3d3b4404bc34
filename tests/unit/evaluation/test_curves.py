import numpy as np
import pytest
from sklearn.metrics import auc

from components.evaluation.curves import POINTS, confusion, curve
from components.evaluation.metrics import values
from components.evaluation.predictions import Predictions


def two_classes(rows, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(2, size=rows)
    scores = np.clip(random.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    return Predictions(labels, np.column_stack([1 - scores, scores]), (scores > 0.5).astype(int), positive=1)


def test_the_curve_is_short_and_encloses_the_area():
    found = two_classes(5000)
    points = curve(found)
    area = auc([0, *points.false_positive_rate], [0, *points.recall])
    assert len(points.thresholds) <= POINTS
    assert np.isfinite(points.thresholds).all()
    assert area == pytest.approx(values(["roc_auc"], found)["roc_auc"], abs=0.002)


def test_the_curve_ends_where_every_row_is_called_positive():
    points = curve(two_classes(50))
    assert (points.recall[-1], points.false_positive_rate[-1]) == (1.0, 1.0)


def test_rows_of_one_class_have_no_curve():
    assert curve(Predictions(np.ones(2, int), np.full((2, 2), 0.5), np.ones(2, int), positive=1)).recall == []


def test_confusion_counts_true_classes_down_and_predicted_ones_across():
    found = Predictions(np.array([0, 0, 2]), np.zeros((3, 3)), np.array([0, 1, 1]))
    assert confusion(found, 3) == [[1, 1, 0], [0, 0, 0], [0, 1, 0]]
