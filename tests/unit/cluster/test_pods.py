"""What pods say: of a step that failed, and of a predictor that does not come up."""

from __future__ import annotations

import pytest
from kubernetes import client

from components.contracts.release import Release
from components.serving.pods import MODEL, VERSION, progress, told
from pipelines.pods import said

LOG = """I1124 10:00:00.000000       1 launcher_v2.go:151] starting
reading 12 files
Error: the rows of flights do not fit their schema:
  - dep_hour: 3 nulls
  - carrier: 1 value outside its domain
I1124 10:00:03.000000       1 launcher_v2.go:170] publish failed execution
F1124 10:00:03.100000       1 main.go:52] failed to execute component: exit status 1
time="2026-11-24T10:00:03.2Z" level=info msg="sub-process exited" argo=true error="<nil>"
Error: exit status 1
"""


def test_a_failed_step_is_told_with_every_reason_and_without_what_is_said_around_it():
    assert said(LOG) == (
        "the rows of flights do not fit their schema:\n  - dep_hour: 3 nulls\n  - carrier: 1 value outside its domain"
    )


def test_a_step_that_died_without_a_word_says_nothing():
    assert said("I1124 10:00:00.000000 1 launcher\nError: exit status 137\n") == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"level": "error", "message": "cannot serve", "reason": "model.onnx was altered"}',
            "model.onnx was altered",
        ),
        ('{"level": "error", "message": "cannot serve"}', "cannot serve"),
        ("Killed", "Killed"),
        (
            "Traceback:\n  line 1\nRuntimeError: there is no such bucket\n\n",
            "RuntimeError: there is no such bucket",
        ),
        ("", ""),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_the_last_words_of_a_predictor(line, said):
    assert told(line) == said


NEW = Release(use_case="shop", version="2", digest="new", address="/models/new", run="r", snapshot="s")


def deployment(
    model: str = "new", version: str = "2", generation: int = 2, observed: int = 2, **status: int
) -> client.V1Deployment:
    """A Deployment of two pods in the middle of a rollout."""
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(annotations={MODEL: model, VERSION: version})
    )
    spec = client.V1DeploymentSpec(replicas=2, template=template, selector=client.V1LabelSelector())
    return client.V1Deployment(
        metadata=client.V1ObjectMeta(generation=generation),
        spec=spec,
        status=client.V1DeploymentStatus(observed_generation=observed, **status),
    )


ALL = {"replicas": 2, "updated_replicas": 2, "available_replicas": 2}


@pytest.mark.parametrize(
    ("found", "waits_for"),
    [
        (deployment(**ALL), ""),
        (deployment(model="old", **ALL), "KServe has not changed the Deployment yet"),
        (deployment(version="1", **ALL), "KServe has not changed the Deployment yet"),
        (deployment(observed=1, **ALL), "the Deployment was not looked at yet"),
        (deployment(**ALL | {"updated_replicas": 1}), "1 of 2 pods are of the new version"),
        (deployment(**ALL | {"replicas": 3}), "1 pods of the old version are still there"),
        (deployment(**ALL | {"available_replicas": 1}), "1 of 2 pods of the new version answer"),
        (deployment(), "0 of 2 pods are of the new version"),
    ],
)
def test_how_far_a_rollout_is(found, waits_for):
    assert progress(found, NEW) == waits_for


def test_pods_that_are_not_admitted_are_told_in_the_servers_words():
    refused = client.V1DeploymentCondition(
        type="ReplicaFailure", status="True", message='violates PodSecurity "restricted"'
    )
    found = deployment()
    found.status.conditions = [refused]

    assert progress(found, NEW) == '0 of 2 pods are of the new version: violates PodSecurity "restricted"'
