"""The algorithms that a use case can name. Another one is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from components.contracts.errors import UseCaseError
from components.contracts.metrics import Task
from components.contracts.model import Input
from components.contracts.sections import Features
from components.preparation.features import Encoding, build

Make = Callable[[int, int], Any]
"""From seed and number of threads to an unfitted scikit-learn estimator."""

Space = Mapping[str, Sequence[Any]]
"""Hyperparameter to the values that a search draws from."""


@dataclass(frozen=True)
class Algorithm:
    """How an algorithm reads features, is made, and is searched."""

    encoding: Encoding
    make: Mapping[Task, Make]
    space: Mapping[Task, Space]


_BOOSTING: Space = {
    "learning_rate": [0.03, 0.05, 0.1, 0.2],
    "max_iter": [100, 200],
    "max_leaf_nodes": [7, 15, 31, 63],
    "min_samples_leaf": [10, 20, 50, 100],
    "l2_regularization": [0.0, 0.1, 1.0, 10.0],
    "max_features": [0.3, 0.6, 1.0],
}
_FOREST: Space = {
    "min_samples_leaf": [5, 10, 20, 50, 100],
    "max_features": ["sqrt", 0.3, 0.5, 0.8],
}

ALGORITHMS: dict[str, Algorithm] = {
    "linear": Algorithm(
        encoding="linear",
        make={
            "classification": lambda seed, jobs: LogisticRegression(max_iter=1000, random_state=seed),
            "regression": lambda seed, jobs: Ridge(random_state=seed),
        },
        space={
            "classification": {"C": [0.001, 0.01, 0.03, 0.1, 0.3, 3.0, 10.0]},
            "regression": {"alpha": [0.01, 0.1, 10.0, 100.0, 1000.0]},
        },
    ),
    "gradient-boosting": Algorithm(
        encoding="trees",
        make={
            "classification": lambda seed, jobs: HistGradientBoostingClassifier(random_state=seed),
            "regression": lambda seed, jobs: HistGradientBoostingRegressor(random_state=seed),
        },
        space={"classification": _BOOSTING, "regression": _BOOSTING},
    ),
    # Leaves of one row, which scikit-learn would take, make a model of gigabytes out of a few 100,000 rows.
    "forest": Algorithm(
        encoding="trees",
        make={
            "classification": lambda seed, jobs: RandomForestClassifier(
                min_samples_leaf=20, random_state=seed, n_jobs=jobs
            ),
            "regression": lambda seed, jobs: RandomForestRegressor(
                min_samples_leaf=20, max_features=0.5, random_state=seed, n_jobs=jobs
            ),
        },
        space={"classification": _FOREST, "regression": _FOREST},
    ),
    "prior": Algorithm(
        encoding="trees",
        make={
            "classification": lambda seed, jobs: DummyClassifier(strategy="prior"),
            "regression": lambda seed, jobs: DummyRegressor(strategy="mean"),
        },
        space={"classification": {}, "regression": {}},
    ),
}

_OURS = {"random_state", "n_jobs", "verbose", "warm_start", "categorical_features"}
"""Set here, or left alone: the seed and the threads are the run's, and categories arrive as numbers."""


def algorithm(name: str) -> Algorithm:
    """The algorithm of that name.

    Raises:
        UseCaseError: There is none.
    """
    if name not in ALGORITHMS:
        raise UseCaseError(f"no algorithm is named {name!r}; there are {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name]


def pipeline(
    name: str,
    parameters: Mapping[str, Any],
    task: Task,
    features: Features,
    inputs: Sequence[Input],
    seed: int,
    jobs: int,
) -> Pipeline:
    """Features and algorithm as one unfitted estimator over what `to_frame` gives.

    Raises:
        UseCaseError: There is no such algorithm or hyperparameter.
    """
    estimator = algorithm(name).make[task](seed, jobs)
    estimator.set_params(**_checked(name, estimator, parameters))
    return Pipeline([("features", build(features, inputs, algorithm(name).encoding)), ("model", estimator)])


def _checked(name: str, estimator: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {key: value for key, value in estimator.get_params().items() if key not in _OURS}
    unknown = sorted(set(parameters) - set(defaults))
    if unknown:
        raise UseCaseError(
            f"training.parameters: {name} has no hyperparameter {', '.join(unknown)}; there are {', '.join(defaults)}"
        )
    return {key: _whole(value, defaults[key]) for key, value in parameters.items()}


def _whole(value: Any, default: Any) -> Any:
    # Pipeline arguments travel as JSON doubles, so that 200 arrives as 200.0.
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole and not isinstance(default, float) else value
