import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.contracts.reports import Cost, Estimate, EvaluationReport, SliceScore
from components.contracts.sections import Budget, Gate, SliceGate, Validation
from components.validation.gates import judge
from tests.builders import smoke

NAN = math.nan
CHEAP = Cost(size_mb=1, latency_ms=1, latency_p99_ms=2)

AT_LEAST_80 = Gate(metric="roc_auc", bound=0.80)
LOSS_UNDER_30 = Gate(metric="log_loss", bound=0.30)
BEATS_BASELINE = Gate(metric="roc_auc", over_baseline=0.01)
BETTER = Gate(metric="roc_auc", over_champion=0.0)
HARDLY_WORSE = Gate(metric="roc_auc", over_champion=-0.02)
SLICES_AT_LEAST_60 = SliceGate(metric="roc_auc", min_rows=100, bound=0.60)
SLICES_NO_WORSE = SliceGate(metric="roc_auc", min_rows=100, over_champion=0.0)


def estimate(low, value=None, high=None):
    return Estimate(value=low if value is None else value, low=low, high=low if high is None else high)


def evaluation(value=0.9, metric="roc_auc", gain=None, over_baseline=0.2, **more):
    """A candidate, and a champion when there is a gain over it."""
    champion = {} if gain is None else {metric: estimate(0.5)}
    return EvaluationReport(
        **{
            "rows": 1000,
            "blocks": 20,
            "candidate": {metric: estimate(value)},
            "baseline": {metric: estimate(0.5)},
            "champion": champion,
            "over_baseline": {metric: estimate(over_baseline)},
            "over_champion": {} if gain is None else {metric: gain},
            "candidate_model": "candidate",
            "champion_model": None if gain is None else "champion",
            "cost": CHEAP,
            **more,
        }
    )


def part(rows=200, value=0.7, gain=None):
    over = {} if gain is None else {"roc_auc": gain}
    return SliceScore(
        column="shop", value="north", rows=rows, candidate={"roc_auc": value}, over_champion=over
    )


def judged(gate, report):
    if isinstance(gate, SliceGate):
        return judge(Validation(gates=(AT_LEAST_80,), slices=(gate,)), report, smoke())
    return judge(Validation(gates=(gate,)), report, smoke())


@pytest.mark.parametrize(
    ("gate", "metric", "value", "passes"),
    [
        (AT_LEAST_80, "roc_auc", 0.80, True),
        (AT_LEAST_80, "roc_auc", 0.79, False),
        (AT_LEAST_80, "roc_auc", NAN, False),
        (LOSS_UNDER_30, "log_loss", 0.30, True),
        (LOSS_UNDER_30, "log_loss", 0.31, False),
        (LOSS_UNDER_30, "log_loss", NAN, False),
        (LOSS_UNDER_30, "roc_auc", 0.10, False),
    ],
)
def test_bound(gate, metric, value, passes):
    assert judged(gate, evaluation(value, metric)).passed is passes


@pytest.mark.parametrize(("low", "passes"), [(0.011, True), (0.010, False), (NAN, False)])
def test_the_interval_over_the_baseline_must_lie_above_the_margin(low, passes):
    assert judged(BEATS_BASELINE, evaluation(over_baseline=low)).passed is passes


@pytest.mark.parametrize(
    ("gate", "low", "passes"),
    [
        (BETTER, 0.001, True),
        (BETTER, 0.0, False),
        (BETTER, -0.001, False),
        (BETTER, NAN, False),
        (HARDLY_WORSE, -0.01, True),
        (HARDLY_WORSE, -0.02, False),
    ],
)
def test_the_interval_over_the_champion_must_lie_above_the_margin(gate, low, passes):
    verdict = judged(gate, evaluation(gain=estimate(low, 0.05, 0.1)))
    assert verdict.passed is passes
    assert verdict.sound


@pytest.mark.parametrize(
    ("gate", "found", "passes"),
    [
        (SLICES_AT_LEAST_60, part(value=0.60), True),
        (SLICES_AT_LEAST_60, part(value=0.59), False),
        (SLICES_AT_LEAST_60, part(value=NAN), False),
        (SLICES_AT_LEAST_60, part(rows=99, value=0.59), True),
        (SLICES_NO_WORSE, part(gain=estimate(-0.2, -0.1, 0.0)), True),
        (SLICES_NO_WORSE, part(gain=estimate(-0.2, -0.1, -0.01)), False),
        (SLICES_NO_WORSE, part(gain=estimate(NAN)), False),
        (SLICES_NO_WORSE, part(gain=None), False),
        (SLICES_NO_WORSE, part(rows=99, gain=estimate(-0.1)), True),
    ],
)
def test_slices_of_enough_rows(gate, found, passes):
    assert judged(gate, evaluation(gain=estimate(0.1), slices=(found,))).passed is passes


def test_slice_gates_without_slices_refuse():
    assert judged(SLICES_NO_WORSE, evaluation()).reasons == (
        "roc_auc was not measured in any slice: the evaluation has none",
    )


@pytest.mark.parametrize("gate", [BETTER, SLICES_NO_WORSE], ids=["whole", "slices"])
def test_on_the_first_run_there_is_no_champion_to_beat(gate):
    assert judged(gate, evaluation(slices=(part(),))).passed


@pytest.mark.parametrize("gate", [BETTER, SLICES_NO_WORSE], ids=["whole", "slices"])
def test_a_champion_that_could_not_be_measured_refuses_with_the_reason(gate):
    report = evaluation(champion_model="champion", champion_problem="its files are gone", slices=(part(),))
    verdict = judged(gate, report)
    assert verdict.sound
    assert not verdict.passed
    assert verdict.reasons == (
        "roc_auc over the champion was not measured: its files are gone. "
        "With --set validation.unmeasured_champion=goes a candidate that meets all other conditions replaces it",
    )


def test_a_champion_that_could_not_be_measured_goes_where_the_use_case_says_so():
    report = evaluation(0.85, champion_model="champion", champion_problem="its files are gone")
    gate = Gate(metric="roc_auc", bound=0.8, over_champion=0.0)
    assert judge(Validation(gates=(gate,), unmeasured_champion="goes"), report, smoke()).passed
    strict = gate.model_copy(update={"bound": 0.9})
    assert not judge(Validation(gates=(strict,), unmeasured_champion="goes"), report, smoke()).passed


def test_the_champion_itself_is_not_promoted_again():
    report = evaluation(gain=estimate(0), candidate_model="m" * 64, champion_model="m" * 64)
    assert judged(HARDLY_WORSE, report).reasons == (
        "the candidate is the champion itself (model mmmmmmmmmmmm): there is nothing to replace",
    )


@pytest.mark.parametrize(
    ("cost", "reason"),
    [
        (Cost(size_mb=201, latency_ms=1, latency_p99_ms=1), "the model takes 201 MB; the budget is 200 MB"),
        (Cost(size_mb=NAN, latency_ms=1, latency_p99_ms=1), "the model takes nan MB; the budget is 200 MB"),
        (Cost(size_mb=200, latency_ms=999, latency_p99_ms=999), None),
    ],
)
def test_the_size(cost, reason):
    found = judge(
        Validation(gates=(AT_LEAST_80,), budget=Budget(max_size_mb=200)), evaluation(cost=cost), smoke()
    ).reasons
    assert found == (() if reason is None else (reason,))


def test_predictions_that_are_not_numbers_refuse():
    assert judged(AT_LEAST_80, evaluation(non_finite=3)).reasons == (
        "3 of 1000 predictions are not finite numbers; none may be",
    )


def test_a_model_that_answers_otherwise_where_it_serves_is_refused():
    verdict = judged(
        AT_LEAST_80, evaluation(serving_problem="it answers 3 of 1000 rows otherwise, by 0.1 at most")
    )

    assert verdict.reasons == (
        "as the model would be served, it answers 3 of 1000 rows otherwise, by 0.1 at most",
    )
    assert not verdict.sound


def test_a_metric_that_was_not_measured_is_refused():
    gate = Gate(metric="f1", bound=0.5, over_baseline=0.0, over_champion=0.0)
    assert judged(gate, evaluation(gain=estimate(0.1))).reasons == (
        "f1 was not measured",
        "f1 over the baseline was not measured",
        "f1 over the champion was not measured",
    )


def test_reasons_are_sentences_with_numbers():
    report = evaluation(0.7, gain=estimate(-0.002, 0.004, 0.011), slices=(part(value=0.5),))
    gate = Gate(metric="roc_auc", bound=0.8, over_champion=0.0)
    assert judge(Validation(gates=(gate,), slices=(SLICES_AT_LEAST_60,)), report, smoke()).reasons == (
        "roc_auc is 0.7; it must be 0.8 or more",
        "roc_auc is 0.5 in shop = north (200 rows); it must be 0.6 or more",
        "roc_auc gains 0.004 [-0.002, 0.011] over the champion; the interval must lie above 0",
    )


def test_every_reason_is_reported_at_once():
    report = evaluation(
        0.7,
        gain=estimate(-0.1),
        over_baseline=0.0,
        non_finite=1,
        cost=Cost(size_mb=999, latency_ms=999, latency_p99_ms=999),
        slices=(part(value=0.1, gain=estimate(-0.1)), part(value=0.2, gain=estimate(-0.1))),
    )
    gate = Gate(metric="roc_auc", bound=0.8, over_baseline=0.01, over_champion=0.0)
    verdict = judge(Validation(gates=(gate,), slices=(SLICES_AT_LEAST_60, SLICES_NO_WORSE)), report, smoke())
    assert len(verdict.reasons) == 9
    assert not verdict.sound


def test_a_model_that_the_predictor_does_not_serve_is_unsound_however_good_it_is():
    verdict = judge(Validation(gates=(AT_LEAST_80,)), evaluation(), smoke(problem="a file was altered"))
    assert verdict.reasons == ("the predictor does not serve the model: a file was altered",)
    assert not verdict.sound


@given(st.floats(), st.floats(), st.floats(-1, 1))
def test_a_gain_passes_only_if_its_low_end_is_a_number_above_the_margin(low, high, margin):
    verdict = judged(Gate(metric="roc_auc", over_champion=margin), evaluation(gain=estimate(low, 0.0, high)))
    assert verdict.passed is (low > margin)
