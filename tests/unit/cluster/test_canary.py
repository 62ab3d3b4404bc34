"""A version gets shares of the requests, and none any more as soon as one of them went badly."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from components.serving.canary import Plan, Seen, canary_of, climb, none_of, objection, route_of, seen
from components.serving.manifest import Capacity
from tests.unit.cluster.test_manifest import release

PLAN = Plan(steps=(5, 25), seconds=60)
WELL = Seen(requests=100, failures=0, seconds=0.01)


@pytest.mark.parametrize(
    ("canary", "told"),
    [
        (WELL, ""),
        (Seen(requests=100, failures=1, seconds=0.02), ""),
        (Seen(requests=100, failures=2, seconds=0.01), "2.0% failed"),
        (Seen(requests=100, failures=0, seconds=0.025), "one of a hundred took 0.025 s"),
        (Seen(requests=100, failures=0, seconds=math.nan), "one of a hundred took nan s"),
        (Seen(requests=19, failures=0, seconds=0.01), "19 reached it; 20 are needed"),
        (Seen(requests=0, failures=0, seconds=math.nan), "0 reached it"),
        (Seen(requests=100, failures=0, seconds=0.01, ready=False), "its pods do not answer"),
    ],
)
def test_objection(canary, told):
    found = objection(canary, WELL, PLAN)

    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_failures_that_the_champion_has_too_are_not_the_canarys():
    champion = Seen(requests=100, failures=5, seconds=0.01)

    assert objection(Seen(requests=100, failures=6, seconds=0.01), champion, PLAN) == ""


def test_silence_is_accepted_where_the_plan_says_so():
    assert objection(Seen(requests=0, failures=0, seconds=math.nan), WELL, Plan(steps=(5,), least=0)) == ""


def text(ok: int, failed: int, fast: int) -> str:
    """Metrics as the predictor writes them."""
    total = ok + failed
    return f"""# TYPE evergreen_requests_total counter
evergreen_requests_total{{protocol="v1",status="200"}} {ok}
evergreen_requests_total{{protocol="v1",status="503"}} {failed}
# TYPE evergreen_request_seconds histogram
evergreen_request_seconds_bucket{{protocol="v1",le="0.01"}} {fast}
evergreen_request_seconds_bucket{{protocol="v1",le="0.1"}} {total}
evergreen_request_seconds_bucket{{protocol="v1",le="+Inf"}} {total}
evergreen_request_seconds_count{{protocol="v1"}} {total}
evergreen_request_seconds_sum{{protocol="v1"}} 1
"""


def test_what_happened_between_two_looks_is_counted():
    found = seen({"a": text(100, 10, 110)}, {"a": text(190, 20, 209), "b": text(10, 0, 10)})

    assert (found.requests, found.failures) == (110, 10)
    assert found.seconds == 0.01


def test_a_process_that_began_again_counts_from_nothing():
    assert seen({"a": text(500, 0, 500)}, {"a": text(30, 0, 10)}) == Seen(
        requests=30, failures=0, seconds=0.1
    )


def test_without_pods_nothing_is_ready():
    assert not seen({}, {}).ready


class Recorded:
    """A cluster whose canary answers some of a hundred requests of each step badly."""

    def __init__(self, failures: dict[int, int]) -> None:
        self.given: list[int] = []
        self._failures = failures
        self._ok = self._failed = 0

    def give(self, percent: int) -> None:
        self.given.append(percent)
        self._failed += self._failures.get(percent, 0)
        self._ok += 100 - self._failures.get(percent, 0)

    def look(self):
        champion = text(1000 + self._ok, 0, 1000 + self._ok)
        return {"c": text(self._ok, self._failed, self._ok + self._failed)}, {"s": champion}


def test_each_share_is_watched_before_the_next():
    shares, waited = Recorded({}), []

    assert climb(shares, PLAN, waited.append, lambda line: None) == ""
    assert shares.given == [5, 25]
    assert waited == [60, 60]


def test_a_share_that_went_badly_is_the_last():
    shares = Recorded({5: 50})
    told = climb(shares, PLAN, lambda seconds: None, lambda line: None)

    assert told.startswith("at 5 % of the requests 50.0% failed")
    assert shares.given == [5, 0]


@pytest.mark.parametrize("steps", [(0,), (100,), (25, 5), (5, 5)])
def test_shares_rise_between_none_and_all(steps):
    with pytest.raises(ValidationError, match="do not rise"):
        Plan(steps=steps)


def test_a_canary_has_pods_of_its_own_which_say_what_they_serve_and_do_not_scale():
    (canary,) = canary_of(release("2"), Capacity(), "", 5)["spec"]["canary"]
    predictor = canary["predictor"]

    assert (predictor["name"], predictor["minReplicas"], canary["trafficPercent"]) == ("canary", 1, 5)
    assert predictor["annotations"]["evergreen.dev/version"] == "2"
    assert "maxReplicas" not in predictor
    assert none_of("shop")["spec"] == {}


@pytest.mark.parametrize(("percent", "weights"), [(0, [100]), (25, [75, 25])])
def test_the_routes_weights_are_the_shares(percent, weights):
    (rule,) = route_of("shop", "gateways/public", percent)["spec"]["rules"]

    assert [backend["weight"] for backend in rule["backendRefs"]] == weights
    assert rule["backendRefs"][-1]["name"] == ("shop-canary-predictor" if percent else "shop-predictor")
