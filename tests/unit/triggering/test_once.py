"""Events that come twice, at once and out of order start one run per window; a starter that is down loses none."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.contracts.decisions import Record
from components.contracts.watching import Triggering
from components.stores.decisions import LEASE, Decisions
from components.triggering.outbox import drain
from components.triggering.policy import decide
from tests.unit.triggering.conftest import event

ANY = Triggering(cooldown="0 days", budget=None)
CAUSES = ("manual", "schedule", "new-data", "drift", "performance")
NOW = datetime(2013, 5, 1, tzinfo=UTC)
rule = partial(decide, spec=ANY)
events = st.builds(event, week=st.integers(0, 4), cause=st.sampled_from(CAUSES), signal=st.booleans())


class Cluster:
    """Starts runs by their key, as a cluster's API does that answers a known name with the run it has."""

    def __init__(self) -> None:
        self.runs: dict[str, str] = {}
        self.is_down = False

    def __call__(self, start):
        if self.is_down:
            raise ConnectionError("the API does not answer")
        return self.runs.setdefault(start.key, f"run {len(self.runs)}")


@given(st.lists(events, max_size=60))
def test_one_run_per_window_in_any_order(delivered):
    kept: dict[str, Record] = {}
    for one in delivered:
        decision = rule(one, list(kept.values()))
        kept.setdefault(one.id, Record(decision=decision, state="waiting" if decision.trains else "held"))
    started = Counter(r.decision.event.window for r in kept.values() if r.decision.trains)

    first = {one.id: one for one in reversed(delivered)}.values()
    willing = {one.window for one in first if one.evidence.signal or one.cause == "manual"}
    assert started == dict.fromkeys(willing, 1)


def test_a_thousand_events_at_once_start_one_run_per_window(decisions, settings):
    delivered = [event(week, cause) for week in range(5) for cause in CAUSES] * 40
    delivered = delivered[::7] + [one for place, one in enumerate(delivered) if place % 7]
    cluster = Cluster()
    doors = [Decisions(settings) for _ in range(8)]

    def knock(numbered):
        place, one = numbered
        doors[place % 8].settle(one, rule)
        if place % 50 == 0:
            drain(doors[place % 8], "shop", cluster, NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(knock, enumerate(delivered)))
    drain(decisions, "shop", cluster, NOW + LEASE * 2)

    records = decisions.history("shop")
    assert len(delivered) == 1_000
    assert len(records) == 25
    assert sorted(cluster.runs) == sorted(event(week).window for week in range(5))
    assert Counter(record.state for record in records) == {"started": 5, "held": 20}


def test_a_request_that_comes_twice_is_one_run_and_two_requests_are_two(decisions):
    asked = [event(0, "manual").model_copy(update={"request": name}) for name in ("a", "b", "a")]

    records = [decisions.settle(one, rule, f"run {place}") for place, one in enumerate(asked)]

    assert [record.run for record in records] == ["run 0", "run 1", "run 0"]
    assert [record.state for record in decisions.history("shop")] == ["started", "started"]


def test_what_is_started_by_whoever_asks_waits_for_nobody(decisions):
    decisions.settle(event(0, "manual"), rule, "mine")

    assert decisions.lease("shop", NOW) is None


def test_a_starter_that_is_down_loses_nothing(decisions):
    cluster = Cluster()
    cluster.is_down = True
    decisions.settle(event(0), rule)
    decisions.settle(event(1), rule)

    (failed,) = drain(decisions, "shop", cluster, NOW)
    cluster.is_down = False
    again = drain(decisions, "shop", cluster, NOW)

    assert "does not answer" in failed.error
    assert [record.state for record in again] == ["started", "started"]
    assert again[0].attempts == 2
    assert drain(decisions, "shop", cluster, NOW) == ()


def test_a_process_that_died_while_starting_does_not_start_twice(decisions):
    cluster = Cluster()
    decisions.settle(event(0), rule)
    leased = decisions.lease("shop", NOW)
    cluster(_start_of(leased))  # and dies before it can say so

    assert drain(decisions, "shop", cluster, NOW + timedelta(minutes=1)) == ()
    (record,) = drain(decisions, "shop", cluster, NOW + LEASE * 2)

    assert record.run == "run 0"
    assert len(cluster.runs) == 1


def test_what_is_not_trained_is_kept_with_its_reason(decisions):
    decisions.settle(event(0, signal=False, found=("the gain is 0.001 [-0.01, 0.01]",)), rule)

    (record,) = decisions.history("shop")
    assert record.state == "held"
    assert record.decision.reasons[0].code == "no-signal"
    assert record.decision.event.evidence.found == ("the gain is 0.001 [-0.01, 0.01]",)


def test_a_server_without_a_database_is_told_what_it_needs(settings):
    from components.contracts.errors import StoreError

    with pytest.raises(StoreError, match="EVERGREEN_DECISIONS"):
        Decisions(settings.model_copy(update={"tracking_uri": "http://mlflow:5000"}))


def _start_of(record: Record):
    from components.contracts.decisions import Start

    one = record.decision.event
    return Start(key=one.window, use_case=one.use_case, cause=one.cause, as_of=one.end)
