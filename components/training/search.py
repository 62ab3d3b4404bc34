"""Random search over algorithms and their hyperparameters, with a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import ParameterGrid, ParameterSampler, cross_validate
from sklearn.pipeline import Pipeline

from components.contracts.errors import UseCaseError
from components.contracts.metrics import Task, higher_is_better
from components.contracts.reports import Candidate
from components.contracts.sections import Training
from components.training.algorithms import algorithm
from components.training.fit import reproducible
from components.training.folds import Fold
from components.training.scoring import Scorer


@dataclass(frozen=True)
class Setting:
    """An algorithm and its hyperparameters, those that are fixed among them."""

    algorithm: str
    parameters: Mapping[str, Any]


def settings(training: Training, task: Task) -> list[Setting]:
    """What a search tries: the default of every algorithm, then random ones of each in turn, up to the budget.

    Raises:
        UseCaseError: There is no such algorithm, or several and no search to choose.
    """
    defaults = [Setting(name, training.parameters.get(name, {})) for name in training.algorithms]
    for name in (*training.algorithms, *training.parameters):
        algorithm(name)
    if training.search is None:
        if len(defaults) > 1:
            raise UseCaseError(f"training.search is needed to choose among {', '.join(training.algorithms)}")
        return defaults
    budget = max(0, training.search.candidates - len(defaults))
    drawn = [_drawn(setting, task, budget, training.seed) for setting in defaults]
    in_turn = (setting for setting in chain.from_iterable(zip_longest(*drawn)) if setting is not None)
    return [*defaults, *islice(in_turn, budget)]


def _drawn(setting: Setting, task: Task, most: int, seed: int) -> Iterator[Setting]:
    space = {
        name: list(values)
        for name, values in algorithm(setting.algorithm).space[task].items()
        if name not in setting.parameters
    }
    if not space:
        return
    default = algorithm(setting.algorithm).make[task](seed, 1).get_params()
    # One more than needed, because the default may be drawn, and was tried already.
    most = min(most + 1, len(ParameterGrid(space)))
    for drawn in ParameterSampler(space, most, random_state=seed):
        if any(default[name] != value for name, value in drawn.items()):
            yield Setting(setting.algorithm, {**setting.parameters, **drawn})


def search(
    tried: Sequence[Setting],
    make: Callable[[Setting], Pipeline],
    frame: pd.DataFrame,
    target: np.ndarray,
    folds: Sequence[Fold],
    metric: str,
    score: Scorer,
    jobs: int,
) -> tuple[Setting, tuple[Candidate, ...]]:
    """Judge every setting on the folds, tell the progress, and return the best one with all that were tried.

    A setting that cannot be fitted has the score NaN.

    Raises:
        UseCaseError: No setting can be fitted, with the first reason.
    """
    candidates, reasons = [], []
    for number, setting in enumerate(tried, start=1):
        candidate, reason = _judge(setting, make, frame, target, folds, score, jobs)
        told = f"{metric} {candidate.score:.4f}" if reason is None else f"failed: {reason}"
        print(f"search {number}/{len(tried)} {setting.algorithm} {told}", flush=True)
        candidates.append(candidate)
        reasons += [reason] if reason else []
    scores = np.array([candidate.score for candidate in candidates])
    if np.isnan(scores).all():
        raise UseCaseError(f"none of {len(tried)} candidates could be fitted and scored: {reasons[0]}")
    best = np.nanargmax(scores) if higher_is_better(metric) else np.nanargmin(scores)
    return tried[int(best)], tuple(candidates)


def _judge(
    setting: Setting,
    make: Callable[[Setting], Pipeline],
    frame: pd.DataFrame,
    target: np.ndarray,
    folds: Sequence[Fold],
    score: Scorer,
    jobs: int,
) -> tuple[Candidate, str | None]:
    started, reason = time.perf_counter(), None
    scores = np.array([np.nan])
    try:
        with reproducible(jobs, len(frame)):
            scores = cross_validate(
                make(setting), frame, target, cv=folds, scoring=score, error_score="raise"
            )["test_score"]
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError) as error:
        reason = f"{type(error).__name__}: {error}"
    judged = scores[~np.isnan(scores)]
    if reason is None and not len(judged):
        reason = "the metric is undefined in every fold; it needs both classes there"
    candidate = Candidate(
        algorithm=setting.algorithm,
        parameters=dict(setting.parameters),
        score=float(judged.mean()) if len(judged) else np.nan,
        std=float(judged.std()) if len(judged) else np.nan,
        seconds=time.perf_counter() - started,
    )
    return candidate, reason
