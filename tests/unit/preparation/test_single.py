"""How well one feature alone ranks the label."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from components.contracts.model import Input
from components.preparation.single import single_score

RANDOM = np.random.default_rng(0)
BINARY = np.arange(400) % 2
NUMBER = Input(name="x", type="float64", treatment="numeric")
CODE = Input(name="x", type="int64", treatment="numeric")
CATEGORY = Input(name="x", type="string", treatment="categorical")
INSTANT = Input(name="x", type="timestamp", treatment="calendar")


def column(values) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


def test_a_number_scores_its_roc_auc():
    x = np.round(BINARY + RANDOM.normal(size=400), 1)

    assert single_score(column(x), NUMBER, BINARY, 2) == pytest.approx(roc_auc_score(BINARY, x))
    assert single_score(column(-x), NUMBER, BINARY, 2) == pytest.approx(roc_auc_score(BINARY, x))


def test_with_three_classes_it_is_the_mean_against_the_rest():
    target = np.arange(300) % 3
    x = (target == 0) + RANDOM.normal(size=300)
    areas = [roc_auc_score(target == code, x) for code in range(3)]

    expected = np.mean([max(area, 1 - area) for area in areas])
    assert single_score(column(x), NUMBER, target, 3) == pytest.approx(expected)


def test_for_regression_it_is_spearmans_correlation():
    x = RANDOM.normal(size=200)
    target = np.round(-(x**3) + RANDOM.normal(size=200), 1)

    assert single_score(column(x), NUMBER, target, 0) == pytest.approx(-spearmanr(x, target).statistic)


def test_a_category_that_is_the_label_in_other_words_scores_1():
    words = np.where(BINARY == 1, "sold", "kept")

    assert single_score(column(words), CATEGORY, BINARY, 2) == 1.0


def test_an_id_that_is_never_repeated_says_nothing():
    ids = [f"id{i}" for i in range(400)]

    assert single_score(column(ids), CATEGORY, BINARY, 2) == pytest.approx(0.5, abs=0.02)


def test_an_integer_that_is_a_code_of_the_classes_is_seen_through():
    target = np.arange(300) % 3
    code = np.array([1, 2, 0])[target]

    assert single_score(column(code), CODE, target, 3) == 1.0


def test_a_value_that_is_missing_with_the_label_scores_1():
    x = [None if y else float(i) for i, y in enumerate(BINARY)]

    assert single_score(column(x), NUMBER, BINARY, 2) == 1.0


def test_an_instant_counts_as_a_number():
    at = pa.array(np.arange(400)).cast(pa.timestamp("us", "UTC"))

    assert single_score(pa.chunked_array([at]), INSTANT, np.arange(400) // 200, 2) == 1.0


@pytest.mark.parametrize("values", [[None] * 400, [3.0] * 400, [float("nan")] * 400])
def test_what_does_not_vary_says_nothing(values):
    nothing = pa.chunked_array([pa.array(values, pa.float64())])

    assert single_score(nothing, NUMBER, BINARY, 2) == 0.5
    assert single_score(nothing, NUMBER, RANDOM.normal(size=400), 0) == 0.0
