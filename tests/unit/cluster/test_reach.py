"""What the tests on a cluster say when it is not there."""

from __future__ import annotations

import pytest

from tests.cluster.reach import NEEDS, missing, within


def test_everything_that_is_not_named_is_told_in_one_sentence():
    told = missing({"KUBECONFIG": "somewhere", "EVERGREEN_STORE": ""})

    assert "KUBECONFIG" not in told
    for name in set(NEEDS) - {"KUBECONFIG"}:
        assert name in told
    assert "\n" not in told


def test_nothing_is_said_when_all_is_named():
    assert missing(dict.fromkeys(NEEDS, "somewhere")) == ""


def test_what_does_not_happen_in_time_is_told():
    with pytest.raises(AssertionError, match="another version: not within 0 s"):
        within(0, "another version", lambda: "", pause=0)


def test_the_first_truth_is_given():
    answers = iter(["", "", "2"])

    assert within(60, "a version", lambda: next(answers), pause=0) == "2"
