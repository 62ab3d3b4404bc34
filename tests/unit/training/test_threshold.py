"""From which probability on the positive class is predicted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score

from components.training.threshold import choose_threshold

SCORES = {"f1": f1_score, "balanced_accuracy": balanced_accuracy_score}

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=2, max_size=30).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


@pytest.mark.parametrize("maximized", SCORES)
@given(rows=rows)
@settings(max_examples=40, deadline=None)
def test_no_threshold_is_better(maximized, rows):
    label = np.array([label for label, _ in rows])
    scores = np.array([score / 10 for _, score in rows])
    reached = {
        threshold: SCORES[maximized](label, scores >= threshold) for threshold in np.arange(-0.05, 1.0, 0.1)
    }

    chosen = SCORES[maximized](label, scores >= choose_threshold(label, scores, maximized))

    assert chosen == pytest.approx(max(reached.values()))


def test_it_lies_between_the_scores_it_parts():
    label = np.array([True, True, False, False])

    assert choose_threshold(label, np.array([0.9, 0.8, 0.4, 0.1]), "f1") == pytest.approx(0.6)


def test_a_constant_score_is_not_on_the_edge():
    label = np.array([True, False])

    assert choose_threshold(label, np.array([0.3, 0.3]), "f1") == pytest.approx(0.15)
