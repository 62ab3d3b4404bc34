"""Never the future to judge the past."""

from __future__ import annotations

import numpy as np
import pytest

from components.contracts.errors import DataError
from components.training.folds import folds, search_rows


def cut(by: str, target: np.ndarray, task: str = "classification", times=None, groups=None, count: int = 3):
    return folds(by, task, target, times, groups, count, seed=0)


def test_by_time_every_fold_learns_from_earlier_instants_only():
    times = np.sort(np.random.default_rng(0).integers(0, 20, size=200))

    for learn, judge in cut("time", np.arange(200) % 2, times=times):
        assert times[learn].max() < times[judge].min()


def test_by_group_no_group_is_on_both_sides():
    groups = np.arange(90) % 9

    for learn, judge in cut("group", np.arange(90) // 45, groups=groups):
        assert not set(groups[learn]) & set(groups[judge])


@pytest.mark.parametrize("by", ["label", "random"])
def test_classes_are_spread_over_the_folds(by):
    target = (np.arange(300) % 100 == 0).astype(int)

    assert [target[judge].sum() for _, judge in cut(by, target)] == [1, 1, 1]


def test_numbers_are_shuffled():
    (learn, judge), *_ = cut("random", np.arange(30.0), task="regression")

    assert judge.tolist() != list(range(10))
    assert sorted([*learn, *judge]) == list(range(30))


def test_a_fold_that_has_nothing_to_learn_is_left_out():
    target = np.repeat([0, 1], [60, 140])

    assert len(cut("time", target, times=np.arange(200))) == 2


@pytest.mark.parametrize(
    ("by", "target", "given"),
    [
        ("time", np.array([0, 1]), {"times": np.arange(2)}),
        ("group", np.array([0, 1] * 10), {"groups": np.zeros(20)}),
        ("label", np.array([0, 1]), {}),
        ("time", np.array([0] * 90 + [1] * 10), {"times": np.arange(100)}),
    ],
)
def test_too_few_rows_for_the_folds_are_told(by, target, given):
    with pytest.raises(DataError, match=r"lower training\.search\.folds"):
        cut(by, target, **given)


def test_a_search_looks_at_the_latest_rows():
    assert search_rows(10, 4, "time", seed=0).tolist() == [6, 7, 8, 9]
    assert search_rows(3, 4, "time", seed=0).tolist() == [0, 1, 2]


def test_without_time_it_looks_at_some_rows_in_order():
    some = search_rows(1000, 100, "random", seed=0)

    assert len(some) == 100
    assert (np.diff(some) > 0).all()
    assert some.tolist() == search_rows(1000, 100, "random", seed=0).tolist()
