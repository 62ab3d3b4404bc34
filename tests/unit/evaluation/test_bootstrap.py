import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import UseCaseError
from components.evaluation.bootstrap import blocks, draws, interval, resample
from components.evaluation.metrics import measure
from components.evaluation.predictions import Predictions


def mean_error(errors, units):
    return measure(["mae"], Predictions(np.zeros(len(errors)), np.asarray(errors, dtype=float)), units)


def covers(random, units, size, shared):
    """Whether the interval of 95 % holds the mean of rows that share something within a unit."""
    of = np.repeat(np.arange(units), size)
    errors = 10 + shared * random.normal(size=units)[of] + random.normal(size=len(of))
    measured = mean_error(errors, of)
    samples = resample({"all": measured}, units, 300, seed=int(random.integers(2**32)))["all"][:, 0]
    found = interval(float(errors.mean()), samples, 0.95, units)
    return found.low <= 10 <= found.high


@pytest.mark.parametrize("units", [8, 30])
@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_the_interval_of_95_percent_covers_the_truth_as_often_as_it_says(units, shared):
    random = np.random.default_rng(1)
    covered = sum(covers(random, units, 5, shared) for _ in range(400))
    # 95 % of 400, and three standard deviations of chance.
    assert 0.95 * 400 - 3 * 4.4 <= covered <= 400


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_each_draw_has_as_many_units_as_there_are(units, resamples, seed):
    counts = np.concatenate(list(draws(units, resamples, seed, batch=7)))
    assert counts.shape == (resamples, units)
    assert (counts.sum(axis=1) == units).all()


def test_the_seed_decides_the_draws():
    first, again, other = (next(draws(50, 3, seed, batch=3)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_all_measures_see_the_same_draws():
    errors, units = np.arange(20.0), np.arange(20)
    found = resample({"a": mean_error(errors, units), "b": mean_error(errors + 5, units)}, 20, 100, seed=0)
    assert found["b"] - found["a"] == pytest.approx(np.full((100, 1), 5.0))


def test_few_units_widen_the_interval():
    samples = np.random.default_rng(0).normal(size=500)
    few, many = (interval(0.0, samples, 0.95, units) for units in (8, 10_000))
    assert few.low < many.low < many.high < few.high
    assert (many.low, many.high) == pytest.approx(tuple(np.quantile(samples, [0.025, 0.975])), abs=1e-2)


def test_the_percentiles_of_few_units_are_those_of_hesterberg():
    samples = np.random.default_rng(0).normal(size=5000)
    student = 2.3646  # 97.5 % quantile at 7 degrees of freedom
    tail = NormalDist().cdf(-math.sqrt(8 / 7) * student)
    assert interval(0.0, samples, 0.95, 8).low == pytest.approx(np.quantile(samples, tail), abs=1e-3)


def test_a_few_undefined_draws_are_left_out():
    samples = np.where(np.arange(500) < 20, np.nan, 1.0)
    assert interval(1.0, samples, 0.95, 100).low == 1.0


@pytest.mark.parametrize(
    ("value", "samples", "units"),
    [
        (1.0, np.where(np.arange(500) < 30, np.nan, 1.0), 100),
        (math.nan, np.ones(500), 100),
        (1.0, np.ones(500), 1),
    ],
    ids=["many undefined draws", "undefined value", "one unit"],
)
def test_without_enough_to_go_by_there_is_no_interval(value, samples, units):
    found = interval(value, samples, 0.95, units)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("1 day", [0, 0, 1, 31, 365]),
        ("12 hours", [0, 1, 2, 62, 730]),
        ("1 week", [0, 0, 0, 4, 52]),
        ("1 month", [0, 0, 0, 1, 12]),
        ("2 years", [0, 0, 0, 0, 0]),
    ],
)
def test_rows_of_one_period_are_one_block(length, expected):
    moments = ["1970-01-01T11", "1970-01-01T23", "1970-01-02T01", "1970-02-01T01", "1971-01-01T01"]
    assert blocks(np.array(moments, dtype="datetime64[us]"), length).tolist() == expected


def test_an_empty_block_is_refused():
    with pytest.raises(UseCaseError, match=r"bootstrap\.block is '0 days'"):
        blocks(np.array(["2013-01-01"], dtype="datetime64[us]"), "0 days")
