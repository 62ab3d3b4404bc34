"""The compiled training pipeline on this machine, as a user runs it: real rows to a champion."""

from __future__ import annotations

import pytest

from components.stores.registry import Registry
from components.stores.runs import Runs

pytestmark = pytest.mark.local

ALWAYS = {"extract", "resolve", "register", "serve", "record"}
"""The steps that are never reused, where the model is the champion."""
FIRST, LATER = ("--as-of", "2010-01-01"), ("--as-of", "2012-01-01")
FAST = ("--set", "training.search.candidates=2", "--set", "evaluation.bootstrap.resamples=100")


@pytest.fixture(scope="module")
def first(ran):
    """The first run of the use case."""
    return ran("housing", *FIRST, *FAST)


def test_first_run_makes_a_champion(first, workplace):
    printed, run, steps = first

    assert run.status == "succeeded", printed
    assert run.verdict == "champion"
    assert steps >= ALWAYS | {"analyze", "prepare", "train", "evaluate", "validate"}
    assert Registry(Runs(workplace.settings), "housing").champion().number == run.version


def test_the_summary_says_what_a_user_wants_to_know(first):
    printed, run, _ = first

    for word in ("rmse", "baseline", f"version {run.version} is the champion", "evaluation", run.run):
        assert word in printed
    assert "Traceback" not in printed


def test_the_pages_are_kept(first, workplace):
    _, run, _ = first
    pages = Runs(workplace.settings).pages(run)

    assert set(pages) == {"analysis", "evaluation"}


@pytest.fixture(scope="module")
def repeated(first, ran):
    """The same run again."""
    return ran("housing", *FIRST, *FAST)


def test_a_repeated_run_reuses_every_step_after_extraction(repeated):
    assert repeated[2] == ALWAYS


def test_a_repeated_run_comes_to_the_same_verdict(first, repeated):
    assert (repeated[1].verdict, repeated[1].version) == (first[1].verdict, first[1].version)
    assert repeated[1].snapshot == first[1].snapshot


def test_another_seed_trains_again_on_the_same_prepared_rows(repeated, ran):
    steps = ran("housing", *FIRST, *FAST, "--set", "training.seed=7")[2]

    assert "train" in steps
    assert not steps & {"analyze", "prepare"}


@pytest.fixture(scope="module")
def later(repeated, ran):
    """A run on two years more."""
    return ran("housing", *LATER, *FAST)


def test_a_later_run_compares_its_candidate_with_the_champion(later):
    printed, run, _ = later

    assert run.status == "succeeded", printed
    assert run.champion != ""
    assert "gain over the champion" in printed
    assert "champion.rmse" in run.metrics


def test_the_verdict_says_why(later):
    _, run, _ = later

    assert run.verdict == "champion" or run.reasons


def test_history_shows_every_run(later, workplace):
    printed = workplace.call("history", "housing").stdout

    for run in workplace.history("housing"):
        assert run.run in printed


def test_two_runs_can_be_compared(first, later, workplace):
    printed = workplace.call("compare", first[1].run, later[1].run).stdout

    assert first[1].snapshot in printed
    assert later[1].snapshot in printed


def test_a_model_that_is_too_slow_in_the_predictor_is_refused_and_the_run_ends_green(later, ran):
    printed, run, steps = ran("housing", *LATER, *FAST, "--set", "validation.budget.max_latency_ms=0.001")

    assert run.status == "succeeded", printed
    assert run.verdict == "refused"
    assert any("through the predictor; the budget is 0.001 ms" in reason for reason in run.reasons)
    assert "train" not in steps
    assert "serve" not in steps


def test_bad_rows_stop_the_run_with_every_reason(later, workplace, ran):
    printed, run, steps = ran("housing", "--as-of", "1999-01-01")

    assert run.status == "failed"
    assert "train" not in steps
    assert any("window" in reason for reason in run.reasons)
    assert "Traceback" not in printed
