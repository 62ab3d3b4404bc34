"""What a real API server says to the manifests."""

from __future__ import annotations

import copy

import pytest

from pipelines.images import pinned
from pipelines.manifests import built, environments
from pipelines.validation import refusals

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
