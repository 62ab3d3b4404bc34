"""A user's way beside KServe's real controller: train, serve, answer, train again, roll back, all as the deployer may."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
import yaml
from kubernetes import client

from components.stores.served import read_predictions
from tests.kubernetes.conftest import EVERGREEN, REAL, eventually, kubectl

pytestmark = [
    pytest.mark.kserve,
    pytest.mark.skipif(REAL not in os.environ, reason="no KServe: tests/with-kserve brings it"),
]

FAST = (
    *("--set", "training.search.candidates=1", "--set", "training.algorithms=[linear]"),
    *("--set", "evaluation.bootstrap.resamples=100", "--set", "validation.gates=[{metric: r2, bound: 0.1}]"),
)
LOG = "s3://mlpipeline/evergreen/predictions"


@pytest.fixture(scope="module")
def evergreen(place, tmp_path_factory) -> Callable[..., str]:
    """`evergreen WORDS` of somebody who is the deployer, and what it printed."""
    folder = tmp_path_factory.mktemp("desk")
    token = kubectl("create", "token", "evergreen-deployer", "--namespace", place, "--duration=1h").stdout
    found = yaml.safe_load(kubectl("config", "view", "--raw", "--minify", "--flatten").stdout)
    found["users"][0]["user"] = {"token": token.strip()}
    (folder / "kubeconfig").write_text(yaml.safe_dump(found))
    settings = {
        "KUBECONFIG": str(folder / "kubeconfig"),
        "EVERGREEN_HOME": str(folder / "home"),
        "EVERGREEN_DATA": str(folder / "data"),
        "EVERGREEN_STORE": "s3://mlpipeline/evergreen",
        "EVERGREEN_SERVING": "kserve",
        "EVERGREEN_KSERVE_NAMESPACE": place,
        "EVERGREEN_KSERVE_CPU": "50m",
        "COLUMNS": "200",
    }

    def call(*words: str) -> str:
        environment = {**os.environ, **settings}
        done = subprocess.run(
            [EVERGREEN, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


@pytest.fixture(scope="module")
def champion(evergreen) -> str:
    """What a first run of the pipeline printed; its champion serves."""
    evergreen("data", "housing")
    return evergreen("run", "housing", "--as-of", "2010-01-01", *FAST)


@pytest.fixture
def pod(champion, api, place) -> client.V1Pod:
    """The pod that serves."""
    pods = client.CoreV1Api(api).list_namespaced_pod(
        place, label_selector="serving.kserve.io/inferenceservice=housing"
    )
    return next(one for one in pods.items if one.metadata.deletion_timestamp is None)


def test_the_pipelines_own_step_brings_its_champion_to_serve(champion, evergreen):
    assert "version 1 is the champion" in champion
    assert "serves at" in evergreen("serve", "status", "housing")


def test_kserve_makes_of_it_what_the_manifests_ask_for(pod, api, place):
    scaler = client.AutoscalingV2Api(api).read_namespaced_horizontal_pod_autoscaler(
        "housing-predictor", place
    )
    budget = client.PolicyV1Api(api).read_namespaced_pod_disruption_budget("predictors", place)

    assert (scaler.spec.min_replicas, scaler.spec.max_replicas) == (1, 2)
    assert budget.status.expected_pods == 1
    assert pod.metadata.annotations["evergreen.dev/run"]
    assert pod.spec.termination_grace_period_seconds == 60


def test_its_pod_is_restricted_from_the_first_container_to_the_last(pod):
    (initializer,), (predictor,) = pod.spec.init_containers, pod.spec.containers

    assert pod.spec.service_account_name == "evergreen-predictor"
    assert not any("kube-api-access" in volume.name for volume in pod.spec.volumes)
    for container in (initializer, predictor):
        assert container.image == predictor.image
        assert container.security_context.read_only_root_filesystem
        assert container.security_context.capabilities.drop == ["ALL"]


def asked(address: str, count: int) -> None:
    """Ask the Service for the prediction of a row, again and again."""
    row = {"city": "Austin", "month": 6, "median_1": 2e5, "median_2": 2e5, "median_12": 2e5, "sales_1": 1e3}
    row |= {"volume_1": 2e8, "listings_1": 5e3, "inventory_1": 5.0}
    body = json.dumps({"instances": [row]})
    with urllib3.PoolManager(timeout=10) as pool:
        for _ in range(count):
            answer = pool.request("POST", f"http://{address}/v1/models/housing:predict", body=body)
            assert answer.status == 200, answer.data


def logged() -> int:
    """How many predictions of the first version are in the store."""
    now = datetime.now(UTC)
    found = read_predictions(LOG, "housing", now - timedelta(hours=2), now + timedelta(hours=1))
    return int((found["version"] == "1").sum().execute() or 0)


def test_a_later_champion_takes_over_and_the_log_of_the_first_is_in_the_store(pod, evergreen, api, place):
    service = client.CoreV1Api(api).read_namespaced_service("housing-predictor", place)
    asked(service.spec.cluster_ip, 40)
    printed = evergreen("run", "housing", "--as-of", "2012-01-01", *FAST)

    assert "version 2 is the champion" in printed
    eventually(lambda: logged() >= 40, 30, "the prediction log")


def test_a_rollback_takes_less_than_a_minute(pod, evergreen):
    begun = time.monotonic()
    printed = evergreen("rollback", "housing")
    took = time.monotonic() - begun

    assert "version 1 of housing is champion and serves" in printed
    assert took < 60
