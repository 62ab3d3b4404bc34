"""From which probability on the positive class is predicted."""

from __future__ import annotations

from typing import Literal

import numpy as np


def choose_threshold(
    is_positive: np.ndarray, scores: np.ndarray, maximized: Literal["f1", "balanced_accuracy"]
) -> float:
    """The threshold that is best on these rows; the highest one, where several are.

    It lies half-way between the lowest score above and the highest below it (0 when there is none), so that a model
    whose scores move a little when it is fitted again still decides the same.

    Args:
        is_positive: Which rows (n,) are of the positive class; there are some that are and some that are not.
        scores: Probability (n,) of the positive class.
        maximized: What is best.
    """
    descending = np.argsort(-scores, kind="stable")
    ordered = scores[descending]
    # Rows of one score are predicted alike.
    cuts = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
    hits = np.cumsum(is_positive[descending])[cuts]
    predicted = cuts + 1
    positives = int(is_positive.sum())
    negatives = len(scores) - positives
    f1 = 2 * hits / (predicted + positives)
    balanced_accuracy = (hits / positives + 1 - (predicted - hits) / negatives) / 2
    levels = np.append(ordered[cuts], 0.0)
    best = int((f1 if maximized == "f1" else balanced_accuracy).argmax())
    return float((levels[best] + levels[best + 1]) / 2)
