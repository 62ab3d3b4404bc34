"""The names of the metrics, and which way each is better."""

from __future__ import annotations

from typing import Literal

Task = Literal["classification", "regression"]

CLASSIFICATION: dict[str, bool] = {
    "roc_auc": True,
    "average_precision": True,
    "log_loss": False,
    "brier": False,
    "accuracy": True,
    "balanced_accuracy": True,
    "f1": True,
    "calibration_error": False,
}
"""Metric to whether higher is better. With more than two classes roc_auc, average_precision and f1 are
one-vs-rest macro averages, and brier is the sum over the classes."""

REGRESSION: dict[str, bool] = {
    "rmse": False,
    "mae": False,
    "median_ae": False,
    "r2": True,
}

METRICS: dict[Task, dict[str, bool]] = {"classification": CLASSIFICATION, "regression": REGRESSION}

PRIMARY: dict[Task, str] = {"classification": "log_loss", "regression": "rmse"}
"""What the hyperparameter search optimizes unless told otherwise: a proper score each."""


def higher_is_better(metric: str) -> bool:
    """Whether a larger value is the better one.

    Raises:
        KeyError: There is no metric of that name.
    """
    return (CLASSIFICATION | REGRESSION)[metric]
