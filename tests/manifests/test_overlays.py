"""Every overlay builds, keeps the rules of the house, and differs from the others only where it should."""

from __future__ import annotations

import re
import shutil
from collections import Counter

import pytest
import yaml

from components.contracts.errors import UseCaseError
from pipelines.images import pinned
from pipelines.manifests import OVERLAYS, built, containers, environments, offences
from pipelines.submit import placements_of

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

each = pytest.mark.parametrize("environment", environments())
ACTORS = {"evergreen-steps", "evergreen-deployer", "evergreen-monitor", "evergreen-predictor", "evergreen-ci"}


def kinds(environment: str) -> Counter[str]:
    return Counter(one["kind"] for one in built(environment, pinned()))


def named(environment: str, kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in built(environment, pinned()) if one["kind"] == kind}


@each
def test_it_keeps_the_rules_of_the_house(environment):
    manifests = built(environment, pinned())

    assert [wrong for one in manifests for wrong in offences(one, needs_digest=environment != "kind")] == []


@each
def test_every_image_is_one_of_ours(environment):
    images = {one["image"] for manifest in built(environment, pinned()) for one in containers(manifest)}

    assert {image.partition("@")[0].partition(":")[0].rpartition("/")[2] for image in images} == {
        "steps",
        "predictor",
    }


@each
def test_its_namespace_admits_no_pod_that_is_not_restricted(environment):
    (namespace,) = named(environment, "Namespace").values()

    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@each
def test_each_actor_has_an_account_of_its_own(environment):
    assert set(named(environment, "ServiceAccount")) == ACTORS


@each
def test_nothing_flows_unless_a_policy_says_so(environment):
    deny = named(environment, "NetworkPolicy")["default-deny"]["spec"]

    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@each
def test_models_come_by_a_container_of_its_own(environment):
    (container,) = named(environment, "ClusterStorageContainer").values()
    (runtime,) = named(environment, "ServingRuntime").values()

    assert container["metadata"]["name"] in named(environment, "Namespace")
    assert container["spec"]["container"]["image"] == runtime["spec"]["containers"][0]["image"]


@each
def test_its_steps_get_what_they_need(environment):
    placement = placements_of(environment).of("train")

    assert placement.cpu
    assert placement.memory_limit
    assert placement.environment["EVERGREEN_TRACKING_URI"].startswith(
        f"http://mlflow.evergreen-{environment}."
    )


def test_staging_is_production_but_for_size_and_place():
    assert kinds("staging") == kinds("production")


def test_production_can_lose_a_node_and_staging_need_not():
    least = {
        name: yaml.safe_load((OVERLAYS / name / "capacity.yaml").read_text())["spec"]["predictor"][
            "minReplicas"
        ]
        for name in ("staging", "production")
    }

    assert least == {"staging": 1, "production": 2}


OURS = re.compile(r"evergreen_[a-z_]+")
SUFFIXES = ("_total", "_bucket", "_created", "_sum", "_count", "_info")


def known() -> set[str]:
    """The metrics that the predictor has, as Prometheus names their samples."""
    from prometheus_client import REGISTRY

    from components.serving import metrics

    assert metrics.BUCKETS
    families = [family for family in REGISTRY.collect() if family.name.startswith("evergreen_")]
    return {family.name + suffix for family in families for suffix in ("", *SUFFIXES)}


MONITORED = {"evergreen_quality", "evergreen_regret", "evergreen_drift_psi"}
"""What monitoring writes for Prometheus beside the predictor."""


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_rules_and_dashboard_ask_for_metrics_that_there_are(environment):
    rules = yaml.safe_dump(named(environment, "PrometheusRule"))
    dashboard = named(environment, "ConfigMap")["evergreen-dashboard"]["data"]["dashboard.json"]
    asked = {name for name in OURS.findall(rules + dashboard) if name.count("_") > 1}

    assert len(asked) > 8
    assert asked - known() - MONITORED == set()


BAD = {
    "kind": "Deployment",
    "metadata": {"name": "bad"},
    "spec": {"template": {"spec": {"hostNetwork": True, "containers": [{"name": "c", "image": "x:latest"}]}}},
}


def test_a_careless_pod_breaks_every_rule():
    found = "\n".join(offences(BAD, needs_digest=True))

    for word in (
        "no digest",
        "can be anything",
        "root",
        "privileges",
        "capabilities",
        "seccomp",
        "cpu",
        "memory",
        "node",
    ):
        assert word in found


def test_an_environment_that_is_not_there_is_named():
    with pytest.raises(UseCaseError, match="kind, production, staging"):
        built("moon", {})
