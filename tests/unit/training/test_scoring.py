"""The search's metrics are the ones that evaluation measures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from components.contracts.metrics import CLASSIFICATION, REGRESSION
from components.evaluation.metrics import values
from components.evaluation.predictions import Predictions
from components.training.scoring import scorer

RANDOM = np.random.default_rng(0)
N = 200


class Fixed:
    """A fitted pipeline that gives the same answers always."""

    def __init__(self, answers: np.ndarray, classes: list[int] | None = None) -> None:
        self.answers = answers
        self.classes_ = np.arange(answers.shape[-1]) if classes is None else np.array(classes)

    def __getitem__(self, place: int) -> Fixed:
        return self

    def get_params(self) -> dict:
        return {}

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return self.answers

    predict_proba = predict


@pytest.mark.parametrize("metric", CLASSIFICATION)
@pytest.mark.parametrize(("classes", "positive"), [(2, 1), (2, 0), (3, None)])
def test_a_classification_metric_is_evaluations(metric, classes, positive):
    target = RANDOM.integers(0, classes, size=N)
    scores = RANDOM.dirichlet(np.ones(classes), size=N) + 0.5 * np.eye(classes)[target]
    scores /= scores.sum(axis=1, keepdims=True)
    measured = values([metric], Predictions(target, scores, scores.argmax(axis=1), positive))

    score = scorer(metric, "classification", classes, positive)(
        Fixed(scores), pd.DataFrame(index=range(N)), target
    )

    assert score == pytest.approx(measured[metric])


@pytest.mark.parametrize("metric", REGRESSION)
def test_a_regression_metric_is_evaluations(metric):
    target, predicted = RANDOM.normal(size=N), RANDOM.normal(size=N)

    score = scorer(metric, "regression", 0, None)(Fixed(predicted), pd.DataFrame(index=range(N)), target)

    assert score == pytest.approx(values([metric], Predictions(target, predicted))[metric])


@pytest.mark.parametrize("metric", CLASSIFICATION)
def test_a_fold_may_lack_classes_on_both_sides(metric):
    target = np.array([0, 1, 0, 1, 1])
    scores = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6], [0.9, 0.1]])

    model = Fixed(scores, classes=[0, 2])
    score = scorer(metric, "classification", 4, None)(model, pd.DataFrame(index=range(5)), target)

    assert np.isfinite(score)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_a_ranking_of_one_class_is_undefined(metric):
    scores = np.array([[0.7, 0.3], [0.2, 0.8]])

    assert np.isnan(
        scorer(metric, "classification", 2, 1)(Fixed(scores), pd.DataFrame(index=range(2)), np.array([1, 1]))
    )
