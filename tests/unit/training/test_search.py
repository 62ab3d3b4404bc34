"""A random search with a budget."""

from __future__ import annotations

import numpy as np
import pytest

from components.contracts.errors import UseCaseError
from components.contracts.metrics import METRICS
from components.contracts.sections import Search, Training
from components.training.algorithms import ALGORITHMS
from components.training.search import settings


def tried(candidates: int, *algorithms: str, **training):
    return settings(
        Training(algorithms=algorithms, search=Search(candidates=candidates), **training), "classification"
    )


def test_the_default_of_every_algorithm_comes_first():
    first = tried(9, *ALGORITHMS)[: len(ALGORITHMS)]

    assert [(setting.algorithm, setting.parameters) for setting in first] == [
        (name, {}) for name in ALGORITHMS
    ]


def test_the_budget_is_for_all_algorithms_together():
    assert len(tried(9, "linear", "forest")) == 9
    assert len(tried(1, "linear", "forest")) == 2


def test_no_setting_is_tried_twice():
    space = ALGORITHMS["linear"].space["classification"]["C"]
    values = [setting.parameters.get("C") for setting in tried(100, "linear", "prior")]

    assert sorted(values[2:]) == sorted(space)
    assert values[:2] == [None, None]


def test_the_default_is_not_drawn_again():
    drawn = [setting.parameters for setting in tried(100, "forest")[1:]]

    assert len(drawn) == 19
    assert {"min_samples_leaf": 20, "max_features": "sqrt"} not in drawn


def test_what_is_fixed_is_not_searched():
    fixed = {"gradient-boosting": {"learning_rate": 0.5}}

    assert {s.parameters["learning_rate"] for s in tried(6, "gradient-boosting", parameters=fixed)} == {0.5}


def test_the_seed_decides_what_is_drawn():
    assert tried(6, "forest") == tried(6, "forest") != tried(6, "forest", seed=1)


def test_the_best_candidate_is_fitted_and_the_progress_told(rows, trained, capsys):
    result = trained(rows("text"), algorithms=("prior", "linear"), search=Search(candidates=3))

    told = capsys.readouterr().out.splitlines()
    assert result.model.manifest.algorithm == "linear"
    assert result.model.manifest.parameters == dict(min(result.candidates, key=lambda c: c.score).parameters)
    assert told[0] == f"search 1/3 prior log_loss {result.candidates[0].score:.4f}"
    assert told[3] == "fit linear on 240 rows, for its threshold"


@pytest.mark.parametrize(
    ("task", "metric"), [(task, metric) for task, metrics in METRICS.items() for metric in metrics]
)
def test_every_metric_can_be_searched_for(task, metric, rows, trained):
    label = "boolean" if task == "classification" else "number"

    result = trained(
        rows(label), task=task, algorithms=("prior", "linear"), search=Search(candidates=2, metric=metric)
    )

    assert result.search_metric == metric
    assert all(np.isfinite(candidate.score) for candidate in result.candidates)
    if metric != "calibration_error":
        assert result.model.manifest.algorithm == "linear"


@pytest.mark.parametrize("metric", METRICS["classification"])
def test_with_three_classes_too(metric, rows, trained):
    result = trained(
        rows("three"), algorithms=("prior", "linear"), search=Search(candidates=2, metric=metric)
    )

    assert all(np.isfinite(candidate.score) for candidate in result.candidates)


def test_a_candidate_that_fails_is_told_and_does_not_stop_the_search(rows, trained, capsys):
    result = trained(
        rows("text"),
        algorithms=("forest", "linear"),
        parameters={"forest": {"min_samples_leaf": -1}},
        search=Search(candidates=2),
    )

    assert result.model.manifest.algorithm == "linear"
    assert np.isnan(result.candidates[0].score)
    assert "search 1/2 forest failed: InvalidParameterError" in capsys.readouterr().out


def test_when_all_fail_the_first_reason_is_told(rows, trained):
    with pytest.raises(
        UseCaseError, match="none of 3 candidates could be fitted and scored: InvalidParameterError"
    ):
        trained(rows("text"), parameters={"gradient-boosting": {"max_iter": -1}}, search=Search(candidates=3))
