"""What the pipelines' dashboard draws by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from components.contracts.reports import EvaluationReport
from components.contracts.sections import Scalar
from components.evaluation.curves import confusion, curve
from components.evaluation.predictions import Predictions

MOST_CLASSES = 50
"""With more, the confusion matrix is left out."""


class Board(Protocol):
    """Where curves are drawn; KFP's `ClassificationMetrics` is one."""

    def log_roc_curve(self, fpr: list[float], tpr: list[float], threshold: list[float]) -> None:
        """Draw a curve from points."""

    def log_confusion_matrix(self, categories: list[str], matrix: list[list[int]]) -> None:
        """Draw a matrix, true classes down and predicted ones across."""


def plain_numbers(report: EvaluationReport) -> dict[str, float]:
    """The candidate's metrics and gains that are numbers, by name; the time of a prediction is not among them."""
    found = {name: estimate.value for name, estimate in report.candidate.items()}
    found |= {f"{name}_over_baseline": gain.value for name, gain in report.over_baseline.items()}
    found |= {f"{name}_over_champion": gain.value for name, gain in report.over_champion.items()}
    found |= {"rows": float(report.rows), "size_mb": report.cost.size_mb}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def log_classification(board: Board, predictions: Predictions, classes: Sequence[Scalar]) -> None:
    """Draw a classifier's ROC curve and confusion matrix; nothing for regression."""
    if predictions.decided is None:
        return
    found = curve(predictions)
    board.log_roc_curve(found.false_positive_rate, found.recall, found.thresholds)
    if len(classes) <= MOST_CLASSES:
        board.log_confusion_matrix([str(name) for name in classes], confusion(predictions, len(classes)))
