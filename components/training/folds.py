"""The rows that a search looks at, and its folds: never the future to judge the past."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit

from components.contracts.errors import DataError
from components.contracts.metrics import Task
from components.preparation.parts import By

Fold = tuple[np.ndarray, np.ndarray]
"""Positions of the rows to fit on and of those to judge by."""


def search_rows(rows: int, most: int, by: By, seed: int) -> np.ndarray:
    """Positions (m,) of the rows that a search looks at: the latest ones, or a random part where there is no time."""
    if rows <= most:
        return np.arange(rows)
    if by == "time":
        return np.arange(rows - most, rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def folds(
    by: By,
    task: Task,
    target: np.ndarray,
    times: np.ndarray | None,
    groups: np.ndarray | None,
    count: int,
    seed: int,
) -> list[Fold]:
    """Folds that respect how the rows are split.

    Args:
        by: How train, validation and test were split.
        task: Of the model.
        target: Positions of classes (n,), or numbers.
        times: Event times (n,), ascending, for a split by time.
        groups: Group numbers (n,), for a split by group.
        count: How many folds.
        seed: Of the shuffle, where rows are shuffled.

    Raises:
        DataError: There are too few rows, groups or members of a class.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The least populated class")
            found = _folds(by, task, target, times, groups, count, seed)
    except ValueError as error:
        raise DataError(
            f"The search cannot make {count} folds ({error}); lower training.search.folds."
        ) from error
    usable = [fold for fold in found if _can_learn(target[fold[0]], task)]
    if not usable:
        raise DataError(
            f"None of {count} folds has two classes to learn from; lower training.search.folds or widen the window."
        )
    return usable


def _folds(
    by: By,
    task: Task,
    target: np.ndarray,
    times: np.ndarray | None,
    groups: np.ndarray | None,
    count: int,
    seed: int,
) -> list[Fold]:
    if by == "time" and times is not None:
        # Rows of the instant at which a fold begins are not learned from.
        return [
            (learn[times[learn] < times[judge[0]]], judge)
            for learn, judge in TimeSeriesSplit(count).split(target)
        ]
    if by == "group" and groups is not None:
        return list(GroupKFold(count).split(target, target, groups))
    kind = StratifiedKFold if task == "classification" else KFold
    return list(kind(count, shuffle=True, random_state=seed).split(target, target))


def _can_learn(target: np.ndarray, task: Task) -> bool:
    return len(np.unique(target)) > 1 if task == "classification" else len(target) > 0
