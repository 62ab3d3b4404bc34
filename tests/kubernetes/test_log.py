"""The prediction log of a pod outlives its container, and on a claim its pod."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from kubernetes import client

from components.contracts.release import Release
from tests.kubernetes.conftest import eventually, kubectl
from tests.kubernetes.load import Callers

pytestmark = pytest.mark.kubernetes

KILL = """
import os, pathlib
for place in pathlib.Path("/proc").glob("[0-9]*"):
    if b"components.serving.predictor" in (place / "cmdline").read_bytes():
        os.kill(int(place.name), 9)
"""
IDS = """
import pyarrow.dataset as ds
print("\\n".join(ds.dataset("/kept/log", format="parquet").to_table(["id"])["id"].to_pylist()))
"""


def pod(image: str, release: Release) -> dict:
    """The predictor as the runtime starts it; what it keeps, and the log's place, are on a claim."""
    environment = {
        "EVERGREEN_SERVING_NAME": "shop",
        "EVERGREEN_SERVING_VERSION": release.version,
        "EVERGREEN_SERVING_LOG": "/kept/log",
        "EVERGREEN_LOG_FOLDER": "/kept/journal",
        "EVERGREEN_LOG_SEGMENT_SECONDS": "1",
    }
    restricted = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    mounts = {"kept": "/kept", "model": "/mnt/models", "scratch": "/tmp"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "labels": {"app": "shop"}},
        "spec": {
            "shareProcessNamespace": True,  # so that the predictor is not the first process, which nothing kills
            "automountServiceAccountToken": False,
            "securityContext": {"fsGroup": 65532},
            "initContainers": [
                {
                    "name": "fetch",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    # Without the links by which a ConfigMap is mounted.
                    "command": ["sh", "-c", "cp /source/* /mnt/models"],
                    "securityContext": restricted,
                    "volumeMounts": [
                        {"name": "source", "mountPath": "/source"},
                        {"name": "model", "mountPath": "/mnt/models"},
                    ],
                }
            ],
            "containers": [
                {
                    "name": "predictor",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "env": [{"name": name, "value": value} for name, value in environment.items()],
                    "readinessProbe": {
                        "httpGet": {"path": "/v2/health/ready", "port": 8080},
                        "periodSeconds": 1,
                    },
                    "securityContext": restricted,
                    "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
                }
            ],
            "volumes": [
                {"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}},
                {"name": "source", "configMap": {"name": "model"}},
                {"name": "model", "emptyDir": {}},
                {"name": "scratch", "emptyDir": {}},
            ],
        },
    }


@pytest.fixture
def core(api, namespace, releases):
    """A claim, a model and a Service in a namespace of their own."""
    core = client.CoreV1Api(api)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}}
    core.create_namespaced_persistent_volume_claim(namespace, {"metadata": {"name": "kept"}, "spec": claim})
    files = {
        path.name: base64.b64encode(path.read_bytes()).decode()
        for path in Path(releases[0].address).iterdir()
    }
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "model"}, "binaryData": files})
    ports = [{"port": 80, "targetPort": 8080}]
    core.create_namespaced_service(
        namespace, {"metadata": {"name": "shop"}, "spec": {"selector": {"app": "shop"}, "ports": ports}}
    )
    return core


def test_a_killed_container_and_a_deleted_pod_lose_nothing_that_was_answered(
    core, namespace, images, releases
):
    def start() -> None:
        kubectl("apply", "-n", namespace, "-f", "-", given=json.dumps(pod(images["predictor"], releases[0])))
        kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod/shop", "--timeout=120s")

    def more(than: int) -> None:
        eventually(lambda: len(callers.ids) > than + 50, 120, "answers")

    def logged() -> set[str]:
        done = kubectl("exec", "-n", namespace, "shop", "--", "python3", "-c", IDS, check=False)
        return set(done.stdout.split())

    start()
    callers = Callers(core.read_namespaced_service("shop", namespace).spec.cluster_ip)
    with callers:
        more(than=0)
        kubectl("exec", "-n", namespace, "shop", "--", "python3", "-c", KILL, check=False)
        more(than=len(callers.ids))
        kubectl("delete", "-n", namespace, "pod/shop", "--grace-period=0", "--force")
        start()
        more(than=len(callers.ids))

    eventually(lambda: set(callers.ids) <= logged(), 60, "every answered prediction is in the log")
    assert len(callers.ids) == len(set(callers.ids))
