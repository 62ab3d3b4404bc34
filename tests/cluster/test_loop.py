"""The loop on a real cluster, whatever KUBECONFIG and the settings say: train, serve, answer, train again, serve that.

`make cluster` makes one. Each stage has a time limit, and a failure leaves a dump of the cluster in build/dump.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kubernetes import client, config

from components.serving.cluster import KServeSettings
from pipelines.images import ROOT

pytestmark = pytest.mark.cluster

EVERGREEN = Path(sys.executable).with_name("evergreen")
ENVIRONMENT = os.environ.get("EVERGREEN_ENV", "kind")
NAMESPACE = KServeSettings().namespace
FAST = ("--set", "training.search.candidates=2", "--set", "evaluation.bootstrap.resamples=100")
SECONDS = int(os.environ.get("EVERGREEN_TEST_SECONDS", "1800"))
"""That a run may take."""


def evergreen(*words: str) -> str:
    """`evergreen WORDS` within its time; what it printed."""
    environment = {**os.environ, "EVERGREEN_SERVING": "kserve"}
    done = subprocess.run(
        [EVERGREEN, *words], capture_output=True, text=True, timeout=SECONDS, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def dump_on_failure(request):
    """What the cluster looked like, when a test of this module failed."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        command = [ROOT / "manifests" / "cluster" / "dump", ROOT / "build" / "dump", NAMESPACE, "kubeflow"]
        subprocess.run(command, check=False, timeout=300)


def trained(as_of: str) -> str:
    """KFP's id of a training run that ended well."""
    evergreen("data", "housing")
    printed = evergreen("submit", "housing", "--as-of", as_of, "--env", ENVIRONMENT, *FAST)
    found = re.search(r"run ([0-9a-f-]{36})", printed)
    assert found is not None, printed
    return found[1]


def asked(path: str) -> dict:
    """A pod's answer, by way of the API server."""
    api = config.new_client_from_config()
    selector = "serving.kserve.io/inferenceservice=housing"
    pods = client.CoreV1Api(api).list_namespaced_pod(NAMESPACE, label_selector=selector).items
    place = f"/api/v1/namespaces/{NAMESPACE}/pods/{pods[0].metadata.name}:8080/proxy/{path}"
    return json.loads(
        api.call_api(place, "GET", auth_settings=["BearerToken"], _preload_content=False)[0].data
    )


@pytest.fixture(scope="module")
def first():
    """The first run."""
    return trained("2010-01-01")


def test_a_submitted_run_makes_a_champion_that_serves(first):
    assert "serves at" in evergreen("serve", "status", "housing")
    assert asked("v2/models/housing")["name"] == "housing"


def test_a_champion_that_serves_already_is_left_alone(first):
    assert "serves at" in evergreen("serve", "up", "housing")


def test_a_later_run_compares_with_it_and_the_champion_serves(first):
    trained("2012-01-01")

    assert "serves at" in evergreen("serve", "status", "housing")


def test_the_schedule_can_be_reconciled_twice(first):
    evergreen("schedule", "housing", "--env", ENVIRONMENT)

    assert "as its schedule says" in evergreen("schedule", "housing", "--env", ENVIRONMENT)
