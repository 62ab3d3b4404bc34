from datetime import timedelta

import pytest

from components.contracts.decisions import Outcome
from components.contracts.monitoring import DriftReport, PerformanceReport, Shift
from components.contracts.reports import RunSummary
from components.contracts.watching import (
    Monitoring,
    OnDrift,
    OnElapsed,
    OnNewData,
    OnPerformance,
    Triggering,
)
from components.triggering.signals import events, outcomes
from tests.builders import estimate
from tests.unit.monitoring.conftest import collection
from tests.unit.triggering.conftest import FIRST, trained

COLLECTED = collection(new_rows=2_000)


def performance(**changes) -> PerformanceReport:
    return PerformanceReport(metric="roc_auc", rows=6_000, **changes)


def drift(*drifted: bool, feed: tuple[str, ...] = ()) -> DriftReport:
    shifts = tuple(
        Shift(column=f"c{at}", role="input", rows=1, psi=1, divergence=0.5, limit=0.2, chance=0, drifted=one)
        for at, one in enumerate(drifted)
    )
    return DriftReport(rows=6_000, reference_rows=9_000, windows=8, shifts=shifts, feed=feed)


def signal(spec: Triggering, judged=None, moved=None, trained=None):
    (event,) = events(COLLECTED, moved or drift(), judged or performance(), Monitoring(), spec, trained)
    return event.evidence.signal


def by_gain(gain: float = 0.0, bound: float | None = None) -> Triggering:
    return Triggering(performance=OnPerformance(gain=gain, bound=bound))


@pytest.mark.parametrize(
    ("low", "cost", "holds"), [(0.001, 0.0, True), (-0.001, 0.0, False), (0.001, 0.005, False)]
)
def test_a_fresh_model_must_be_better_by_more_than_it_costs(low, cost, holds):
    judged = performance(over_champion={"roc_auc": estimate(0.02, low, 0.04)})

    assert signal(by_gain(cost), judged) is holds


def test_what_was_not_compared_is_no_signal():
    assert signal(by_gain()) is False
    assert signal(by_gain(), performance(over_champion={"roc_auc": estimate(float("nan"))})) is False


@pytest.mark.parametrize(("high", "holds"), [(0.69, True), (0.71, False)])
def test_an_alarm_needs_the_whole_interval_beyond_the_bound(high, holds):
    judged = performance(champion={"roc_auc": estimate(0.68, 0.67, high)})

    assert signal(by_gain(bound=0.7), judged) is holds


def test_an_error_is_beyond_its_bound_from_above():
    judged = PerformanceReport(metric="rmse", rows=600, champion={"rmse": estimate(9.0, 8.0, 10.0)})

    assert signal(by_gain(bound=7.0), judged) is True
    assert signal(by_gain(bound=8.5), judged) is False


def test_drift_trains_only_where_it_is_asked_to():
    assert (
        events(COLLECTED, drift(True, True), performance(), Monitoring(), Triggering(performance=None), None)
        == ()
    )


@pytest.mark.parametrize(("drifted", "holds"), [((True, False), True), ((True, False, False), False)])
def test_drift_is_a_share_of_the_inputs(drifted, holds):
    assert signal(Triggering(performance=None, drift=OnDrift(share=0.5)), moved=drift(*drifted)) is holds


@pytest.mark.parametrize(("rows", "holds"), [(2_000, True), (2_001, False)])
def test_new_data_is_counted_in_rows(rows, holds):
    assert signal(Triggering(performance=None, new_data=OnNewData(rows=rows))) is holds


@pytest.mark.parametrize(("days", "holds"), [(30, True), (10, False)])
def test_time_is_counted_from_the_last_training(days, holds):
    last = COLLECTED.end - timedelta(days=days)

    assert signal(Triggering(performance=None, elapsed=OnElapsed(every="20 days")), trained=last) is holds


def test_what_is_broken_or_missing_travels_with_every_event():
    few = collection(labelled=10)
    (event,) = events(few, drift(feed=("'size' is null",)), performance(), Monitoring(), by_gain(), None)

    assert event.evidence.feed == ("'size' is null",)
    assert event.evidence.labels


def summary(**changes) -> RunSummary:
    known = {
        "run": "r",
        "use_case": "shop",
        "started": FIRST,
        "cause": "performance",
        "as_of": "",
        "status": "succeeded",
    }
    return RunSummary.model_validate({**known, "version": "2", "verdict": "champion", **changes})


@pytest.mark.parametrize(
    ("gain", "helped"), [(0.02, "yes"), (0.001, "not shown"), (-0.001, "not shown"), (-0.02, "no")]
)
def test_a_training_helped_when_its_model_is_certainly_better_than_the_one_before(gain, helped):
    judged = performance(over_predecessor={"roc_auc": estimate(gain, gain - 0.01, gain + 0.01)})

    ((_, outcome),) = outcomes([trained(0)], [summary()], judged, serving="2")

    assert outcome.helped == helped


@pytest.mark.parametrize(
    ("run", "word"),
    [
        ({"verdict": "refused", "reasons": ("too weak",)}, "refused: too weak"),
        ({"status": "failed", "reasons": ("train: no rows",)}, "failed: train: no rows"),
    ],
)
def test_a_training_without_a_champion_did_not_help(run, word):
    ((_, outcome),) = outcomes([trained(0)], [summary(**run)], performance(), serving="1")

    assert outcome.helped == "no"
    assert word in outcome.why


def test_it_is_not_told_before_the_new_model_has_labels():
    assert outcomes([trained(0)], [summary()], performance(), serving="2") == ()
    assert outcomes([trained(0)], [summary(status="running", verdict="")], performance(), serving="1") == ()


def test_what_is_concluded_stays():
    done = trained(0).model_copy(update={"outcome": Outcome(helped="yes", why="measured")})

    assert outcomes([done], [summary()], performance(), serving="2") == ()
