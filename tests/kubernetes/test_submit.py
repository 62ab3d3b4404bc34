"""What a run's pods need is looked for before it starts, and a pod that cannot start is told."""

from __future__ import annotations

import os
import subprocess

import pytest
from kubernetes import client

from components.contracts.errors import StoreError
from pipelines import pods, preflight
from pipelines.manifests import OVERLAYS
from pipelines.submit import placements_of
from tests.kubernetes.conftest import eventually

pytestmark = pytest.mark.kubernetes

KEYS = {"accesskey": "someone", "secretkey": "something"}


@pytest.fixture
def kfp(api, namespace):
    """A namespace that holds as much of KFP as `link` asks for."""
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="mlpipeline-minio-artifact"), string_data=KEYS)
    client.CoreV1Api(api).create_namespaced_secret(namespace, secret)
    return namespace


def link(namespace: str) -> None:
    """Join a namespace with itself, as if KFP ran there."""
    environment = {**os.environ, "NAMESPACE": namespace, "RUNS": namespace}
    subprocess.run([OVERLAYS / "kind" / "link"], env=environment, check=True, timeout=60)


def test_a_missing_claim_and_a_missing_secret_are_named_before_a_run_starts(api, namespace):
    with pytest.raises(StoreError, match="no claim evergreen-decisions, no secret mlpipeline-minio-artifact"):
        preflight.check(placements_of("kind"), ("collect", "decide"), namespace)


def test_steps_that_mount_nothing_need_nothing(kfp):
    preflight.check(placements_of("kind"), ("extract", "train"), kfp)


def test_linking_gives_runs_their_disk_and_predictors_their_key(api, kfp):
    link(kfp)
    link(kfp)
    preflight.check(placements_of("kind"), ("decide", "trigger"), kfp)
    secret = client.CoreV1Api(api).read_namespaced_secret("evergreen-store", kfp)

    assert set(secret.data) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert secret.metadata.annotations["serving.kserve.io/s3-usehttps"] == "0"


def test_a_pod_whose_image_was_not_loaded_is_told(api, namespace):
    security = client.V1SecurityContext(
        allow_privilege_escalation=False,
        run_as_non_root=True,
        run_as_user=1,
        capabilities=client.V1Capabilities(drop=["ALL"]),
        seccomp_profile=client.V1SeccompProfile(type="RuntimeDefault"),
    )
    words = ["--function_to_execute", "extract"]
    main = client.V1Container(
        name="main",
        image="evergreen/absent:1",
        image_pull_policy="Never",
        args=words,
        security_context=security,
    )
    labels = {"pipeline/runid": "r1"}
    pod = client.V1Pod(
        metadata=client.V1ObjectMeta(name="extract", labels=labels), spec=client.V1PodSpec(containers=[main])
    )
    client.CoreV1Api(api).create_namespaced_pod(namespace, pod)

    told = eventually(lambda: pods.stuck("r1", namespace), 60, "the reason")
    assert told.startswith("extract cannot start: ErrImageNeverPull")
    assert "make images LOAD" in told
