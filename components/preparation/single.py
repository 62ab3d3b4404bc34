"""How well one feature alone ranks the label."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.model import Input
from components.preparation.codes import codes_of

FOLDS = 5

FEW_VALUES = 20
"""An integer with at most this many values may be a code, so it is also looked at as a category."""

FEWEST_PRESENT = 30
"""With fewer values that are there, they say nothing."""


def single_score(values: pa.ChunkedArray, column: Input, target: np.ndarray, classes: int) -> float:
    """How well a feature alone ranks the label, at best 1.

    Numbers and instants are taken as they are, categories as the mean of the label in other rows of the category
    (out of fold). That a value is missing counts too. For classification this is the area under the ROC curve (0.5
    is chance), averaged one-vs-rest with more than two classes; for regression the absolute value of
    Spearman's correlation.

    Args:
        values: The feature (n,).
        column: How the model reads it.
        target: Positions of the classes (n,), or numbers.
        classes: How many classes there are; 0 for regression.
    """
    missing = np.asarray(pc.is_null(values, nan_is_null=True).to_numpy())
    scores = [_score(missing.astype(float), target, classes)]
    present = ~missing
    if present.sum() < min(FEWEST_PRESENT, len(target)):
        return max(scores)
    values, target = values.filter(pa.array(present)), target[present]
    if column.treatment != "categorical":
        scores.append(_score(_numbers(values), target, classes))
    if column.treatment == "categorical" or _is_code(values):
        scores.append(_category_score(codes_of(values), target, classes))
    return max(scores)


def _score(values: np.ndarray, target: np.ndarray, classes: int) -> float:
    ranks = _ranks(values)
    if not classes:
        return abs(_correlation(ranks, _ranks(target)))
    areas = [_area(ranks, target == code) for code in _positions(classes)]
    return float(np.mean([max(area, 1 - area) for area in areas]))


def _category_score(codes: np.ndarray, target: np.ndarray, classes: int) -> float:
    if not classes:
        return max(_correlation(_ranks(_mean_elsewhere(codes, target)), _ranks(target)), 0.0)
    areas = []
    for code in _positions(classes):
        is_class = target == code
        areas.append(_area(_ranks(_mean_elsewhere(codes, is_class.astype(float))), is_class))
    return max(float(np.mean(areas)), 0.5)


def _positions(classes: int) -> range:
    return range(1, 2) if classes == 2 else range(classes)


def _mean_elsewhere(codes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Mean of the target per category over the rows of the other folds; of all rows where there are none."""
    fold = np.random.default_rng(0).permutation(len(codes)) % FOLDS
    cell = codes * FOLDS + fold
    cells = (int(codes.max()) + 1) * FOLDS
    sums = np.bincount(cell, weights=target, minlength=cells).reshape(-1, FOLDS)
    counts = np.bincount(cell, minlength=cells).reshape(-1, FOLDS)
    other_sums = sums.sum(axis=1, keepdims=True) - sums
    other_counts = counts.sum(axis=1, keepdims=True) - counts
    means = np.where(other_counts > 0, other_sums / np.maximum(other_counts, 1), target.mean())
    return np.asarray(means.ravel()[cell])


def _area(ranks: np.ndarray, is_positive: np.ndarray) -> float:
    """Area under the ROC curve from average ranks (Mann & Whitney, 1947); 0.5 where there is one class only."""
    positives = int(is_positive.sum())
    negatives = len(ranks) - positives
    if not positives or not negatives:
        return 0.5
    wins = ranks[is_positive].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Average ranks (n,) from 1; scipy has this too, and takes over a second to import."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place])


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _numbers(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if not pa.types.is_floating(values.type) and not pa.types.is_integer(values.type):
        values = values.cast(pa.timestamp("us", getattr(values.type, "tz", None))).cast(pa.int64())
    return np.asarray(values.to_numpy())


def _is_code(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_integer(values.type) and pc.count_distinct(values).as_py() <= FEW_VALUES)
