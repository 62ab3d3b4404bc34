"""What a canary applies is taken by a real API server, and touches nothing of the stable version's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from kubernetes.dynamic import DynamicClient

from components.contracts.errors import RolloutError
from components.contracts.release import Deployment, Release
from components.serving.canary import ROUTES
from components.serving.kserve import OWNER
from components.serving.manifest import API, Capacity, render
from components.serving.weighted import Plan, Way, Weighted
from tests.unit.cluster.test_manifest import release

pytestmark = pytest.mark.kubernetes

FIRST, SECOND = release("1"), release("2")


class Still:
    """A rollout of which only the API server knows."""

    def current(self, use_case: str) -> Deployment:
        return Deployment(release=FIRST, since=datetime.now(UTC), endpoint="")

    def deploy(self, release: Release) -> Deployment:
        return Deployment(release=release, since=datetime.now(UTC), endpoint="")


@pytest.fixture
def services(api, namespace):
    """The InferenceServices of a namespace, one of them of ours."""
    found = DynamicClient(api).resources.get(api_version=API, kind="InferenceService")
    apply(found, namespace, FIRST)
    return found


def apply(services, namespace, what) -> None:
    """Roll a release out, as far as the API server is concerned."""
    body = render(what, Capacity())
    services.server_side_apply(body=body, namespace=namespace, field_manager=OWNER, force_conflicts=True)


@pytest.fixture
def weighted(api, namespace, services):
    """Shares, in that namespace."""
    return Weighted(Still(), api, namespace, Way(Plan(steps=(5, 25)), "gateways/public"), Capacity())


def name() -> str:
    return FIRST.use_case


def test_a_canary_stands_beside_what_serves(weighted, services, namespace):
    weighted.give(SECOND, 25)
    spec = services.get(name(), namespace).to_dict()["spec"]

    assert [one["trafficPercent"] for one in spec["canary"]] == [25]
    assert spec["predictor"]["model"]["storageUri"] == FIRST.address
    assert spec["canary"][0]["predictor"]["model"]["storageUri"] == SECOND.address


def test_a_rollout_of_the_stable_pods_leaves_the_canary(weighted, services, namespace):
    weighted.give(SECOND, 25)
    apply(services, namespace, SECOND)

    assert services.get(name(), namespace).to_dict()["spec"]["canary"][0]["trafficPercent"] == 25


def test_taking_the_canary_away_leaves_the_rest(weighted, services, namespace):
    weighted.give(SECOND, 5)
    weighted.end(name())
    spec = services.get(name(), namespace).to_dict()["spec"]

    assert not spec.get("canary")
    assert spec["predictor"]["model"]["storageUri"] == FIRST.address


def test_the_route_follows_the_shares(api, weighted, namespace):
    routes = DynamicClient(api).resources.get(api_version=ROUTES, kind="HTTPRoute")
    weights = []
    for percent in (0, 5, 25, 0):
        weighted.give(SECOND, percent)
        (rule,) = routes.get(f"{name()}-shares", namespace).to_dict()["spec"]["rules"]
        weights.append([backend["weight"] for backend in rule["backendRefs"]])

    assert weights == [[100], [95, 5], [75, 25], [100]]


def test_without_a_gateway_all_requests_go_over_at_once_and_that_is_said(api, services, namespace):
    said: list[str] = []
    way = Way(Plan(steps=(5, 25)), gateway="")

    assert Weighted(Still(), api, namespace, way, tell=said.append).deploy(SECOND).release == SECOND
    assert said == [
        "no shares are given, since EVERGREEN_KSERVE_GATEWAY names no Gateway; all requests go over at once"
    ]
    assert not services.get(name(), namespace).to_dict()["spec"].get("canary")


def test_a_canary_that_does_not_come_up_is_taken_away(api, services, namespace):
    way = Way(Plan(steps=(5, 25)), "gateways/public", patience=2)

    with pytest.raises(RolloutError, match="the canary of flights did not come up in 2 s: 404"):
        Weighted(Still(), api, namespace, way, Capacity()).deploy(SECOND)
    assert not services.get(name(), namespace).to_dict()["spec"].get("canary")
