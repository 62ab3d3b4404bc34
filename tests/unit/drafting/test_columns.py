from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.drafting.columns import column, limits
from pipelines.drafting.profile import ColumnProfile


def numbers(values, name: str = "size", rows: int | None = None) -> ColumnProfile:
    array = np.asarray(values, dtype=float)
    low, median, high = np.quantile(array, [0.05, 0.5, 0.95])
    return ColumnProfile(
        name, "float64", rows or len(array), (rows or len(array)) - len(array), len(set(values)),
        min=float(array.min()), max=float(array.max()), low=low, median=median, high=high,
    )  # fmt: skip


def texts(counts: dict[str, int], name: str = "city") -> ColumnProfile:
    rows = sum(counts.values())
    return ColumnProfile(name, "string", rows, 0, len(counts), values=tuple(counts.items()))


NORMAL = np.random.default_rng(0).normal(10, 2, 1000)
HEAVY = np.random.default_rng(0).pareto(1.0, 1000)


def test_what_was_never_negative_may_not_become_so():
    assert limits(numbers([0.0, 1.0, 2.0, 3.0]))[0] == 0


def test_a_light_tail_is_widened_by_its_whole_spread():
    low, high = limits(numbers(NORMAL - 10))

    spread = np.ptp(NORMAL)
    assert low is not None
    assert high is not None
    assert low <= (NORMAL - 10).min() - spread
    assert (NORMAL - 10).max() + spread <= high <= 3 * spread


def test_a_heavy_tail_has_no_limit():
    assert limits(numbers(HEAVY)) == (0, None)


def test_a_year_that_is_over_sets_no_limit_for_the_next():
    assert limits(numbers([2013.0] * 50)) == (0, None)


@given(st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=2, max_size=50))
def test_the_rows_that_were_seen_keep_the_limits(values):
    low, high = limits(numbers(values))

    assert low is None or low <= min(values)
    assert high is None or high >= max(values)


@pytest.mark.parametrize(
    ("counts", "closed"),
    [
        pytest.param({"a": 500, "b": 300, "c": 200}, True, id="three frequent values are all there are"),
        pytest.param({"a": 500, "b": 300, "c": 1}, False, id="a rare value says that others may come"),
        pytest.param({f"v{i}": 100 for i in range(51)}, False, id="more than fifty are never all there are"),
        pytest.param({"a": 800}, False, id="one value is not a domain"),
    ],
)
def test_a_domain_is_closed_where_no_value_is_rare(counts, closed):
    assert (column(texts(counts)).domain is not None) == closed


def test_the_classes_of_a_label_are_its_domain_however_rare():
    assert column(texts({"b": 500, "a": 2}), label=True).domain == ("a", "b")


def test_ids_have_no_limits():
    rule = column(
        ColumnProfile("store_id", "int64", 100, 0, 90, min=1, max=90, low=5, median=45, high=85, whole=True)
    )

    assert (rule.min, rule.max) == (None, None)


@pytest.mark.parametrize(("rows", "share"), [(100, None), (110, 0.23), (400, 1.0)])
def test_twice_the_gaps_that_were_seen_are_normal(rows, share):
    rule = column(numbers(range(100), rows=rows))

    assert (rule.max_null_fraction if rule.nullable else None) == share
