"""What a real API server says to the manifests."""

from __future__ import annotations

import copy
import shutil

import pytest
import yaml

from pipelines.images import ROOT, pinned
from pipelines.manifests import built, environments
from pipelines.release import write_images, write_model, write_pipelines
from pipelines.validation import refusals
from tests.kubernetes.conftest import kubectl
from tests.unit.cluster.test_manifest import release

pytestmark = pytest.mark.kubernetes


@pytest.mark.parametrize("environment", environments())
def test_the_server_takes_every_object_and_would_admit_every_pod(environment, api):
    assert refusals(built(environment, pinned())) == []


@pytest.fixture
def mlflow(api):
    """The overlay kind, and its MLflow."""
    manifests = copy.deepcopy(built("kind", pinned()))
    found = next(one for one in manifests if one["kind"] == "Deployment")
    return manifests, found["spec"]["template"]["spec"]


def test_a_field_that_does_not_exist_is_found(mlflow):
    manifests, pod = mlflow
    pod["containers"][0]["imagePullPolice"] = "Never"

    assert "imagePullPolice" in "".join(refusals(manifests))


def test_a_pod_that_would_not_be_admitted_is_found(mlflow):
    manifests, pod = mlflow
    pod["securityContext"]["runAsNonRoot"] = False

    assert "PodSecurity" in "".join(refusals(manifests))


def test_a_runtime_that_kserve_does_not_know_is_found(api):
    manifests = copy.deepcopy(built("kind", pinned()))
    runtime = next(one for one in manifests if one["kind"] == "ServingRuntime")
    runtime["spec"]["supportedModelFormat"] = []

    assert "supportedModelFormat" in "".join(refusals(manifests))


def test_argo_cd_takes_its_applications(namespace):
    rendered = kubectl("kustomize", str(ROOT / "manifests" / "argocd")).stdout.replace(
        "argocd\n", f"{namespace}\n"
    )
    words = ("apply", "--server-side", "--dry-run=server", "--filename", "-")
    done = kubectl(*words, given=rendered)

    assert "evergreen-staging serverside-applied" in done.stdout
    assert "evergreen-production serverside-applied" in done.stdout


@pytest.fixture
def released(tmp_path):
    """The overlay `staging`, with pipelines and a model written into it as a release does."""
    manifests = shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    overlay = manifests / "overlays" / "staging"
    images = {name: f"registry.test/{name}@sha256:{'a' * 64}" for name in ("steps", "predictor")}
    write_images(overlay, images)
    write_pipelines(overlay, images, tmp_path / "build")
    write_model(overlay, release("1"))
    return [one for one in yaml.safe_load_all(kubectl("kustomize", str(overlay)).stdout) if one]


def test_the_server_takes_what_a_release_writes(released, api):
    kinds = [one["kind"] for one in released]

    assert {"Pipeline", "PipelineVersion", "InferenceService"} <= set(kinds)
    assert refusals(released) == []
