"""Who may do what: least privilege, asked both ways; and what Pod Security does not admit."""

from __future__ import annotations

import pytest
from kubernetes import client

from tests.kubernetes.conftest import apply, overlay

pytestmark = pytest.mark.kubernetes

PODS, SECRETS = ("", "pods"), ("", "secrets")
SERVICES = ("serving.kserve.io", "inferenceservices")
VERSIONS = ("pipelines.kubeflow.org", "pipelineversions")

ALLOWED = [
    ("deployer", "patch", SERVICES),
    ("deployer", "create", SERVICES),
    ("deployer", "get", ("apps", "deployments")),
    ("deployer", "list", PODS),
    ("deployer", "get", ("", "pods/log")),
    ("deployer", "create", ("", "pods/proxy")),
    ("deployer", "patch", ("gateway.networking.k8s.io", "httproutes")),
    ("steps", "create", ("argoproj.io", "workflowtaskresults")),
    ("ci", "create", VERSIONS),
    ("ci", "patch", SERVICES),
]
DENIED = [
    ("deployer", "get", SECRETS),
    ("deployer", "create", PODS),
    ("deployer", "delete", PODS),
    ("deployer", "patch", ("gateway.networking.k8s.io", "gateways")),
    ("deployer", "create", ("", "pods/exec")),
    ("deployer", "patch", ("apps", "deployments")),
    ("deployer", "patch", ("serving.kserve.io", "servingruntimes")),
    ("deployer", "create", ("rbac.authorization.k8s.io", "rolebindings")),
    ("steps", "patch", SERVICES),
    ("steps", "list", SECRETS),
    ("steps", "create", PODS),
    ("monitor", "list", PODS),
    ("monitor", "get", SERVICES),
    ("predictor", "get", ("", "configmaps")),
    ("predictor", "get", SECRETS),
    ("ci", "get", SECRETS),
    ("ci", "create", PODS),
    ("ci", "delete", SERVICES),
    ("ci", "create", ("rbac.authorization.k8s.io", "roles")),
]


@pytest.fixture(scope="module")
def may(api):
    """Whether an actor may do something, by the real authorizer, after the overlay was applied."""
    core = client.CoreV1Api(api)
    name = "evergreen-test-access"
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    kinds = ("ServiceAccount", "Role", "RoleBinding")
    apply([one for one in overlay("kind", name) if one["kind"] in kinds])

    def ask(user: str, verb: str, what: tuple[str, str], where: str = name) -> bool:
        group, (resource, _, part) = what[0], what[1].partition("/")
        attributes = client.V1ResourceAttributes(
            namespace=where, verb=verb, group=group, resource=resource, subresource=part or None
        )
        spec = client.V1SubjectAccessReviewSpec(user=user, resource_attributes=attributes)
        review = client.V1SubjectAccessReview(spec=spec)
        return bool(client.AuthorizationV1Api(api).create_subject_access_review(review).status.allowed)

    yield lambda actor, *words: ask(f"system:serviceaccount:{name}:evergreen-{actor}", *words)
    core.delete_namespace(name)


@pytest.mark.parametrize(("actor", "verb", "what"), ALLOWED)
def test_an_actor_may_do_its_work(may, actor, verb, what):
    assert may(actor, verb, what)


@pytest.mark.parametrize(("actor", "verb", "what"), DENIED)
def test_an_actor_may_do_nothing_else(may, actor, verb, what):
    assert not may(actor, verb, what)


@pytest.mark.parametrize("actor", ["deployer", "steps", "ci"])
def test_an_actor_may_do_nothing_elsewhere(may, actor):
    assert not may(actor, "patch", SERVICES, "default")
    assert not may(actor, "get", SECRETS, "kube-system")


def test_a_pod_that_would_be_root_is_not_admitted(api, namespace):
    pod = client.V1Pod(
        metadata=client.V1ObjectMeta(name="root"),
        spec=client.V1PodSpec(containers=[client.V1Container(name="main", image="evergreen/steps:1")]),
    )

    with pytest.raises(client.ApiException, match="violates PodSecurity"):
        client.CoreV1Api(api).create_namespaced_pod(namespace, pod)
