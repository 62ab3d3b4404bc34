"""The search's metrics, as scikit-learn's own functions over a fold that may lack classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics

from components.contracts.metrics import Task
from components.evaluation.calibration import bin_of
from components.training.fit import forget_threads

Scorer = Callable[[Any, pd.DataFrame, np.ndarray], float]
"""From a fitted pipeline, a frame (n,) and a target (n,) to the metric as it is, not negated; NaN where undefined."""


def scorer(metric: str, task: Task, classes: int, positive: int | None) -> Scorer:
    """The scorer of a metric.

    Args:
        metric: A name of `contracts.metrics`.
        task: Of the model.
        classes: How many classes there are.
        positive: With two classes, the position of the positive one.
    """
    if task == "regression":
        return partial(_score_numbers, _REGRESSION[metric])
    return partial(_score_probabilities, _CLASSIFICATION[metric], classes, positive)


def _score_numbers(score: Any, pipeline: Any, frame: pd.DataFrame, target: np.ndarray) -> float:
    return float(score(target, forget_threads(pipeline).predict(frame)))


def _score_probabilities(
    score: Any, classes: int, positive: int | None, pipeline: Any, frame: pd.DataFrame, target: np.ndarray
) -> float:
    fitted = forget_threads(pipeline)
    probabilities = np.zeros((len(frame), classes))
    probabilities[:, fitted.classes_] = fitted.predict_proba(frame)
    return float(score(target, probabilities, positive))


def _log_loss(target: np.ndarray, probabilities: np.ndarray, positive: int | None) -> float:
    return float(metrics.log_loss(target, probabilities, labels=np.arange(probabilities.shape[1])))


def _brier(target: np.ndarray, probabilities: np.ndarray, positive: int | None) -> float:
    if positive is not None:
        return float(np.mean((probabilities[:, positive] - (target == positive)) ** 2))
    outcome = np.eye(probabilities.shape[1])[target]
    return float(np.mean(((probabilities - outcome) ** 2).sum(axis=1)))


def _accuracy(target: np.ndarray, probabilities: np.ndarray, positive: int | None) -> float:
    return float(metrics.accuracy_score(target, probabilities.argmax(axis=1)))


def _balanced_accuracy(target: np.ndarray, probabilities: np.ndarray, positive: int | None) -> float:
    chosen, present = probabilities.argmax(axis=1), np.unique(target)
    return float(metrics.recall_score(target, chosen, labels=present, average="macro", zero_division=0))


def _f1(target: np.ndarray, probabilities: np.ndarray, positive: int | None) -> float:
    chosen = probabilities.argmax(axis=1)
    labels = np.unique(target) if positive is None else [positive]
    return float(metrics.f1_score(target, chosen, labels=labels, average="macro", zero_division=0))


def _one_against_rest(
    score: Callable[[np.ndarray, np.ndarray], float],
    target: np.ndarray,
    probabilities: np.ndarray,
    positive: int | None,
) -> float:
    """Mean over the classes that occur beside others, or the positive class alone; NaN where there is none."""
    codes = range(probabilities.shape[1]) if positive is None else [positive]
    scores = [
        score(target == code, probabilities[:, code]) for code in codes if 0 < (target == code).mean() < 1
    ]
    return float(np.mean(scores)) if scores else np.nan


def _calibration_error(target: np.ndarray, probabilities: np.ndarray, positive: int | None) -> float:
    """Expected calibration error, which scikit-learn does not have; as evaluation measures it."""
    confidence = probabilities.max(axis=1) if positive is None else probabilities[:, positive]
    happened = target == (probabilities.argmax(axis=1) if positive is None else positive)
    excess = np.bincount(bin_of(confidence), weights=confidence - happened)
    return float(np.abs(excess).sum() / len(target))


_CLASSIFICATION: dict[str, Callable[[np.ndarray, np.ndarray, int | None], float]] = {
    "roc_auc": partial(_one_against_rest, metrics.roc_auc_score),
    "average_precision": partial(_one_against_rest, metrics.average_precision_score),
    "log_loss": _log_loss,
    "brier": _brier,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "calibration_error": _calibration_error,
}
_REGRESSION: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "rmse": metrics.root_mean_squared_error,
    "mae": metrics.mean_absolute_error,
    "median_ae": metrics.median_absolute_error,
    "r2": metrics.r2_score,
}
