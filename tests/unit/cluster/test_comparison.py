"""A challenger's answers beside the champion's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from components.serving.comparison import Comparison, compare, stability

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.random(5_000)


def found(**changes) -> Comparison:
    """A dark launch that went well."""
    return Comparison.model_validate(
        {"rows": 100, "changed": 0.0, "drift": 0.0, "latency_ms": 1.0, **changes}
    )


def test_the_same_scores_do_not_drift():
    assert stability(SCORES, SCORES) == 0


def test_another_draw_of_the_same_scores_hardly_drifts():
    assert stability(SCORES, RANDOM.random(5_000)) < 0.01


def test_moved_scores_drift():
    assert stability(SCORES, SCORES**2) > 0.25


def test_scores_that_are_all_one_do_not_break_it():
    assert math.isfinite(stability(np.zeros(100), np.ones(100)))


def test_what_was_not_answered_is_told():
    one = np.array([[0.4, 0.6]])

    assert compare(one, one, np.zeros(1), ["boom"], 1.0).errors == ("boom",)


@pytest.mark.parametrize(
    ("changes", "objects"),
    [
        ({}, False),
        ({"drift": 0.2}, False),
        ({"drift": 0.21}, True),
        ({"drift": math.nan}, True),
        ({"changed": 0.11}, True),
        ({"errors": ("boom",)}, True),
    ],
)
def test_objections(changes, objects):
    assert bool(found(**changes).objections(most_drift=0.2, most_changed=0.1)) is objects
