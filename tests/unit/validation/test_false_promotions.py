"""A short form of bench/false_promotions.py: two models of one process, compared again and again."""

import numpy as np
import pytest
from scipy.stats import binom

from components.contracts.reports import Cost, EvaluationReport
from components.contracts.sections import Bootstrap, Gate, Validation
from components.evaluation.comparison import compare
from components.evaluation.predictions import Predictions
from components.evaluation.units import Units
from components.validation.gates import judge
from tests.builders import smoke

TIMES, DAYS, A_DAY = 300, 20, 15
DAY = np.repeat(np.arange(DAYS), A_DAY)
METRICS = ("roc_auc", "log_loss")
BETTER = {name: Validation(gates=(Gate(metric=name, over_champion=0.0),)) for name in METRICS}


def model(random, signal, labels, error):
    """A model that is wrong about each day, and about each row."""
    wrong = random.normal(scale=error, size=DAYS)[DAY] + random.normal(scale=error, size=len(DAY))
    scores = 1 / (1 + np.exp(-(signal + wrong)))
    return Predictions(labels, np.column_stack([1 - scores, scores]), (scores > 0.5).astype(int), positive=1)


def meeting(random, champion_error=0.4):
    signal = random.normal(size=DAYS)[DAY] + random.normal(size=len(DAY))
    labels = (random.random(len(DAY)) < 1 / (1 + np.exp(-signal))).astype(int)
    candidate, champion = (model(random, signal, labels, error) for error in (0.4, champion_error))
    found = compare(
        {"candidate": candidate, "champion": champion},
        [],
        METRICS,
        Units(DAY, DAYS),
        Bootstrap(resamples=200),
    )
    return EvaluationReport(
        rows=len(DAY),
        blocks=DAYS,
        candidate=found.scores["candidate"],
        baseline={},
        champion=found.scores["champion"],
        over_baseline={},
        over_champion=found.gains["champion"],
        candidate_model="candidate",
        champion_model="champion",
        cost=Cost(size_mb=1, latency_ms=1, latency_p99_ms=1),
    )


@pytest.fixture(scope="module")
def equals():
    random = np.random.default_rng(2013)
    return [meeting(random) for _ in range(TIMES)]


@pytest.mark.parametrize("metric", METRICS)
def test_a_model_that_is_no_better_is_promoted_in_five_percent_of_runs_at_most(equals, metric):
    promoted = sum(judge(BETTER[metric], report, smoke()).passed for report in equals)
    assert promoted <= binom.ppf(0.975, TIMES, 0.05)


@pytest.mark.parametrize("metric", METRICS)
def test_a_bare_comparison_would_promote_it_in_about_half_of_them(equals, metric):
    promoted = sum(report.over_champion[metric].value > 0 for report in equals)
    assert 0.35 * TIMES <= promoted <= 0.65 * TIMES


def test_a_model_that_is_clearly_better_is_promoted():
    random = np.random.default_rng(2014)
    promoted = [
        judge(BETTER["log_loss"], meeting(random, champion_error=1.6), smoke()).passed for _ in range(40)
    ]
    assert sum(promoted) >= 0.9 * 40
