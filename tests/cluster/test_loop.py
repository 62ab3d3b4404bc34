"""The loop on a real cluster, whatever KUBECONFIG and the settings say: train, serve, answer, log, and train again.

`make cluster` makes one. Each stage has a time limit; manifests/cluster/dump says what the cluster looked like.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kubernetes import client, config

pytestmark = pytest.mark.cluster

EVERGREEN = Path(sys.executable).with_name("evergreen")
ENVIRONMENT = os.environ.get("EVERGREEN_ENV", "kind")
NAMESPACE = os.environ.get("EVERGREEN_SERVING_NAMESPACE", "evergreen-kind")
FAST = ("--set", "training.search.candidates=2", "--set", "evaluation.bootstrap.resamples=100")
LIMITS = {"submit": 1800, "serve": 300}


def evergreen(*words: str, limit: int) -> str:
    """`evergreen WORDS` within its time; what it printed."""
    done = subprocess.run(
        [EVERGREEN, *words], capture_output=True, text=True, timeout=limit, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run():
    """A training run on the cluster that ended well."""
    printed = evergreen(
        "submit", "housing", "--as-of", "2010-01-01", "--env", ENVIRONMENT, *FAST, limit=LIMITS["submit"]
    )
    found = re.search(r"run ([0-9a-f-]{36})", printed)
    assert found is not None, printed
    return found[1]


def test_a_submitted_run_succeeds_and_is_told_step_by_step(run):
    assert run


def test_the_same_run_again_takes_every_step_after_extraction_from_the_cache(run):
    started = time.monotonic()
    evergreen(
        "submit", "housing", "--as-of", "2010-01-01", "--env", ENVIRONMENT, *FAST, limit=LIMITS["submit"]
    )

    assert time.monotonic() - started < LIMITS["submit"]


@pytest.fixture(scope="module")
def served(run):
    """The champion, rolled out."""
    return evergreen("deploy", "housing", "--namespace", NAMESPACE, limit=LIMITS["serve"])


def test_the_champion_answers(served):
    api = config.new_client_from_config()
    pods = client.CoreV1Api(api).list_namespaced_pod(
        NAMESPACE, label_selector="serving.kserve.io/inferenceservice=housing"
    )
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pods.items[0].metadata.name}:8080/proxy/v2/models/housing"
    answer = api.call_api(path, "GET", auth_settings=["BearerToken"], _preload_content=False)[0]

    assert json.loads(answer.data)["name"] == "housing"


def test_rolling_out_the_same_champion_again_changes_nothing(served):
    assert "serves" in evergreen("deploy", "housing", "--namespace", NAMESPACE, limit=60)
