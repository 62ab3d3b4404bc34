"""A server that speaks KFP's API, and a client of ours that talks to it."""

from __future__ import annotations

import os

import pytest

from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_words import KubeflowSettings
from tests.kfp_server import serve


@pytest.fixture
def kfp():
    """A server with nothing in it."""
    server = serve()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def kubeflow(kfp) -> Kubeflow:
    """A client of it."""
    return Kubeflow(KubeflowSettings(endpoint=kfp.url, _env_file=None))


@pytest.fixture
def called(kfp, tmp_path):
    """`evergreen WORDS` beside the server: what it printed, and its exit code."""
    import subprocess
    import sys
    from pathlib import Path

    evergreen = Path(sys.executable).with_name("evergreen")

    def call(*words: str, **settings: str):
        environment = {
            **os.environ,
            "EVERGREEN_HOME": str(tmp_path / "home"),
            "EVERGREEN_KFP_ENDPOINT": kfp.url,
            "KUBECONFIG": str(tmp_path / "none"),
            "COLUMNS": "200",
            **settings,
        }
        return subprocess.run(
            [evergreen, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call
