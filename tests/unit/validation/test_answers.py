"""What a smoke report says against a model."""

import math

import pytest

from components.contracts.sections import Budget
from components.contracts.smoke import BadRequest
from components.validation.answers import objections
from tests.builders import smoke

FIFTY_AND_200 = Budget(max_latency_ms=50, max_latency_p99_ms=200)


def said(**changes):
    return tuple(objections(smoke(**changes), FIFTY_AND_200))


def asked(status, named=True, field="size"):
    return (BadRequest(name="no column size", field=field, status=status, named=named),)


def test_nothing_is_said_against_a_sound_model():
    assert said() == ()


def test_a_predictor_that_does_not_come_up_is_the_only_reason():
    reasons = said(problem="made under another lock", golden_rows=0, latency_ms=math.nan)
    assert reasons == ("the predictor does not serve the model: made under another lock",)


@pytest.mark.parametrize(
    ("difference", "tolerance", "passes"),
    [
        (0.0, 0.0, True),
        (1e-17, 0.0, False),
        (1e-7, 1e-6, True),
        (math.inf, 1e-6, False),
        (math.nan, 1, False),
    ],
)
def test_outputs_must_lie_within_the_tolerance(difference, tolerance, passes):
    assert (not said(difference=difference, tolerance=tolerance)) is passes


def test_a_model_without_golden_rows_is_refused():
    assert "no golden row" in said(golden_rows=0)[0]


@pytest.mark.parametrize(
    ("status", "named", "passes"),
    [
        (400, True, True),
        (422, True, True),
        (200, True, False),
        (500, True, False),
        (0, True, False),
        (400, False, False),
    ],
)
def test_a_bad_request_must_get_a_4xx_that_names_the_field(status, named, passes):
    assert (not said(bad_requests=asked(status, named))) is passes


def test_the_reason_says_what_was_sent_and_what_came_back():
    assert said(bad_requests=asked(500)) == (
        "a request with no column size was answered with HTTP 500; it must be a 4xx that names size",
    )


@pytest.mark.parametrize(
    ("median", "slow", "reason"),
    [
        (50, 200, None),
        (50.5, 200, "half of the single rows take up to 50.5 ms through the predictor; the budget is 50 ms"),
        (50, 201, "99 % of the single rows take up to 201 ms through the predictor; the budget is 200 ms"),
        (math.nan, 1, "half of the single rows take up to nan ms through the predictor; the budget is 50 ms"),
    ],
)
def test_the_latency_budget(median, slow, reason):
    assert said(latency_ms=median, latency_p99_ms=slow) == (() if reason is None else (reason,))
