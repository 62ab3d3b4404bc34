from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.analysis.distribution import Distribution

FIVES = [share / 20 for share in range(21)]
values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


def of(numbers) -> Distribution:
    different, count = np.unique(np.asarray(numbers, dtype=np.float64), return_counts=True)
    return Distribution.of_values(different, count)


@settings(max_examples=50, deadline=None)
@given(values)
def test_quantiles_and_moments_are_those_of_the_values(numbers):
    found = of(numbers)

    assert found.quantiles(FIVES) == pytest.approx(np.quantile(numbers, FIVES), rel=1e-9, abs=1e-9)
    assert found.mean == pytest.approx(np.mean(numbers), rel=1e-9, abs=1e-6)
    assert found.std == pytest.approx(np.std(numbers), rel=1e-6, abs=1e-3)


@settings(max_examples=50, deadline=None)
@given(values, st.integers(2, 30))
def test_bars_join_and_hold_every_value(numbers, bars):
    found = of(numbers).histogram(bars, whole=False)

    assert sum(bar.count for bar in found) == len(numbers)
    assert len(found) <= bars
    assert [bar.high for bar in found[:-1]] == [bar.low for bar in found[1:]]
    assert (found[0].low, found[-1].high) == (min(numbers), max(numbers))


def test_few_whole_numbers_have_a_bar_each():
    bars = of([1, 1, 2, 4]).histogram(20, whole=True)

    assert [(bar.low, bar.count) for bar in bars] == [(1, 2), (2, 1), (3, 0), (4, 1)]


def test_many_whole_numbers_have_bars_of_equally_many():
    bars = of(range(100)).histogram(20, whole=True)

    assert {bar.count for bar in bars} == {5}


def test_far_extremes_get_a_bar_at_either_end():
    bars = of([-1e6, *range(1000), 1e9]).histogram(20, whole=False)

    assert (bars[0].low, bars[-1].high) == (-1e6, 1e9)
    assert [bar.count for bar in bars[1:-1]] == pytest.approx([54] * 18, abs=2)


def test_the_largest_floats_do_not_overflow():
    found = of([-1.7e308, 0.0, 1.7e308])

    assert found.mean == 0.0
    assert np.isfinite([*found.quantiles(FIVES), found.std]).all()
    assert sum(bar.count for bar in found.histogram(4, whole=False)) == 3
