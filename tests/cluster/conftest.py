"""A real cluster, whatever KUBECONFIG and the settings say, and the use case `housing` on it from the beginning."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.serving.cluster import KServeSettings
from components.stores.kubeflow_words import KubeflowSettings
from pipelines.images import ROOT
from tests.cluster.reach import missing

EVERGREEN = Path(sys.executable).with_name("evergreen")
ENVIRONMENT = os.environ.get("EVERGREEN_ENV", "kind")
NAMESPACE = KServeSettings().namespace
SECONDS = int(os.environ.get("EVERGREEN_TEST_SECONDS", "1800"))
"""That a run may take."""


def evergreen(*words: str) -> str:
    """`evergreen WORDS` within its time; what it printed."""
    environment = {**os.environ, "EVERGREEN_SERVING": "kserve", "COLUMNS": "200"}
    done = subprocess.run(
        [EVERGREEN, *words], capture_output=True, text=True, timeout=SECONDS, check=False, env=environment
    )
    assert done.returncode == 0, f"evergreen {' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session", autouse=True)
def cluster():
    """Everything that is needed is named."""
    if told := missing(os.environ):
        pytest.fail(told, pytrace=False)
    for words in (("version",), ("get", "namespace", NAMESPACE)):
        done = subprocess.run(["kubectl", *words], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            pytest.fail(
                f"kubectl {' '.join(words)}: {done.stderr.strip()}; `make deploy` brings Evergreen",
                pytrace=False,
            )


@pytest.fixture(scope="module", autouse=True)
def dump_on_failure(request):
    """What the cluster looked like, when a test of this module failed."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        where = [NAMESPACE, KubeflowSettings().pods_in()]
        command = [ROOT / "manifests" / "cluster" / "dump", ROOT / "build" / "dump", *where]
        subprocess.run(command, check=False, timeout=300)
