import pytest

from components.contracts.decisions import Decision, Outcome, Record
from components.contracts.watching import Allowance, Persistence, Triggering
from components.triggering.policy import decide
from tests.unit.triggering.conftest import event, held, trained

ANY = Triggering(cooldown="0 days", budget=None)
WEEKLY = Triggering(cooldown="7 days", budget=None)
FORTNIGHTLY = Triggering(cooldown="14 days", budget=None)
TWO_A_YEAR = Triggering(cooldown="0 days", budget=Allowance(runs=2, per="1 year"))
TWO_OF_THREE = Triggering(cooldown="0 days", budget=None, persistence=Persistence(k=2, n=3))


def codes(event, history=(), spec=ANY) -> list[str]:
    return [reason.code for reason in decide(event, history, spec).reasons]


@pytest.mark.parametrize("cause", ["manual", "schedule", "new-data", "drift", "performance"])
def test_every_cause_that_holds_trains(cause):
    assert decide(event(cause=cause), (), ANY).trains


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        ({"signal": False}, "no-signal"),
        ({"feed": ("'size' is null in 40 % of the rows",)}, "feed"),
        ({"labels": ("coverage is 3 %",)}, "labels"),
        ({"new_rows": 0}, "no-new-rows"),
    ],
)
def test_a_run_that_could_not_help_is_refused(evidence, code):
    assert codes(event(**evidence)) == [code]


def test_every_reason_is_named():
    found = codes(event(signal=False, feed=("broken",), labels=("none",), new_rows=0))

    assert found == ["no-signal", "feed", "labels", "no-new-rows"]


def test_what_was_not_measured_is_no_reason():
    assert codes(event(new_rows=None)) == []


def test_one_window_trains_once_whatever_the_cause():
    assert codes(event(0, "drift"), [trained(0, "performance")]) == ["same-window"]


def test_a_person_is_refused_only_a_second_run_of_the_window():
    asked = event(0, "manual", signal=False, feed=("broken",), new_rows=0)

    assert codes(asked, [trained(-1)], FORTNIGHTLY) == []
    assert codes(asked, [trained(0)], FORTNIGHTLY) == ["same-window"]


def test_a_request_of_a_name_of_its_own_is_a_run_of_its_own():
    asked = event(0, "manual").model_copy(update={"request": "r2"})

    assert codes(asked, [trained(0, "manual")], FORTNIGHTLY) == []


def test_what_a_person_asked_for_counts_for_others():
    asked = Record(
        decision=Decision(event=event(0, "manual").model_copy(update={"request": "r"})), state="started"
    )

    assert codes(event(0), [asked]) == ["same-window"]
    assert codes(event(1), [asked], FORTNIGHTLY) == ["cooldown"]
    assert codes(event(1), [asked, trained(-9)], TWO_A_YEAR) == ["budget"]


@pytest.mark.parametrize(
    ("last", "spec", "found"), [(-1, WEEKLY, []), (-1, FORTNIGHTLY, ["cooldown"]), (-2, FORTNIGHTLY, [])]
)
def test_cooldown_ends_when_its_time_has_passed(last, spec, found):
    assert codes(event(0), [trained(last)], spec) == found


def test_cooldown_holds_for_a_window_that_comes_late():
    assert codes(event(0), [trained(1)], FORTNIGHTLY) == ["cooldown"]


def test_budget_counts_trainings_of_its_period_only():
    assert codes(event(0), [trained(-1), trained(-60)], TWO_A_YEAR) == []
    assert codes(event(0), [trained(-1), trained(-2)], TWO_A_YEAR) == ["budget"]


def test_a_signal_must_be_there_in_k_of_n_windows():
    assert codes(event(0), [], TWO_OF_THREE) == ["not-persistent"]
    assert codes(event(0), [held(-2, True), held(-1, False)], TWO_OF_THREE) == []
    assert codes(event(0), [held(-3, True), held(-2, False), held(-1, False)], TWO_OF_THREE) == [
        "not-persistent"
    ]


def test_another_cause_does_not_count_for_persistence():
    assert codes(event(0), [held(-1, True, "drift")], TWO_OF_THREE) == ["not-persistent"]


def test_a_cause_whose_training_did_not_help_waits():
    assert codes(event(0), [trained(-2, helped="no")]) == ["did-not-help"]
    assert codes(event(0), [trained(-2, helped="yes")]) == []
    assert codes(event(0), [trained(-2, helped="not shown")]) == []
    assert codes(event(0), [trained(-2, helped=None)]) == []
    assert codes(event(0), [trained(-10, helped="no")]) == []
    assert codes(event(0, "drift"), [trained(-2, "performance", helped="no")]) == []


def test_only_the_latest_training_of_the_cause_counts():
    assert codes(event(0), [trained(-3, helped="no"), trained(-2, helped="yes")]) == []


def test_an_event_that_is_decided_again_gets_the_same_answer():
    first = decide(event(0), [], FORTNIGHTLY)
    again = decide(event(0), [trained(0).model_copy(update={"decision": first})], FORTNIGHTLY)

    assert again == first


def test_the_reason_says_what_came_of_the_last_training():
    record = trained(-2).model_copy(update={"outcome": Outcome(helped="no", why="the candidate was refused")})

    assert "the candidate was refused" in decide(event(0), [record], ANY).reasons[0].message
