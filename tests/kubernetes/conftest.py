"""A real Kubernetes: KUBECONFIG names it, EVERGREEN_TEST_CRDS holds what is to be defined there, EVERGREEN_TEST_LOAD brings images.

`tests/with-cluster` sets all three where there is such a cluster.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kubernetes import client, config

from components.serving.kserve import KServe
from components.serving.manifest import Capacity
from pipelines.images import ROOT, TARGETS, name_of, pinned
from pipelines.manifests import Manifest, built, moved, text

EVERGREEN = Path(sys.executable).with_name("evergreen")
REAL = "EVERGREEN_TEST_KSERVE"
"""Version of the KServe that acts in the cluster; absent where it is played."""
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


def kubectl(*words: str, given: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """`kubectl WORDS`, to its end."""
    done = subprocess.run(
        ["kubectl", *words], input=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def eventually(happened: Callable[[], object], seconds: float, what: str) -> object:
    """The first truth that is told."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := happened():
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@pytest.fixture(scope="session")
def api() -> client.ApiClient:
    """The cluster, with the kinds that our manifests need."""
    if "KUBECONFIG" not in os.environ:
        pytest.skip("no cluster: KUBECONFIG is not set")
    if definitions := os.environ.get("EVERGREEN_TEST_CRDS"):
        kubectl("apply", "--server-side", "--force-conflicts", "--filename", definitions)
        kubectl("wait", "--for=condition=Established", "--timeout=60s", "--filename", definitions)
    return config.new_client_from_config()


@pytest.fixture(scope="session")
def images(api) -> dict[str, str]:
    """Our images, built, and known to the cluster's node."""
    subprocess.run([EVERGREEN, "images", "--no-bom"], cwd=ROOT, check=True, timeout=3000)
    names = {target: name_of(target) for target in TARGETS}
    if load := os.environ.get("EVERGREEN_TEST_LOAD"):
        subprocess.run([*load.split(), *names.values()], check=True, timeout=900)
    return names


@pytest.fixture
def namespace(api):
    """A namespace that admits restricted pods only, and is gone afterwards."""
    core = client.CoreV1Api(api)
    name = f"evergreen-test-{secrets.token_hex(3)}"
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name, labels=RESTRICTED)))
    yield name
    core.delete_namespace(name)


def overlay(environment: str, namespace: str) -> list[Manifest]:
    """An environment's manifests as they would be in a test's namespace."""
    found = moved(built(environment, pinned()), namespace)
    return [one for one in found if one["kind"] != "Namespace"]


def apply(manifests: list[Manifest]) -> None:
    """Apply manifests as an operator does."""
    kubectl("apply", "--server-side", "--filename", "-", given=text(manifests))


SMALL = Capacity(cpu="50m", memory="300Mi")


PREDICTORS = {"ServiceAccount", "ServingRuntime", "ClusterStorageContainer"}
"""Kinds that a predictor needs; of the others, those that it meets where KServe is real."""
AROUND = {"ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding"}


@pytest.fixture(scope="module")
def place(api, images):
    """A namespace with the runtime, beside KServe: the real one of `tests/with-kserve`, else a controller that plays its part."""
    core, name = client.CoreV1Api(api), f"evergreen-test-{secrets.token_hex(3)}"
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name, labels=RESTRICTED)))
    with served_by_kserve(name) if os.environ.get(REAL) else played(api, name, images["predictor"]):
        yield name
    core.delete_namespace(name)
    kubectl("delete", "clusterstoragecontainer", name)


@contextmanager
def served_by_kserve(namespace: str) -> Iterator[None]:
    """What the overlay kind brings to its namespace, and the store's key as `make deploy` gets it."""
    apply([one for one in overlay("kind", namespace) if one["kind"] in PREDICTORS | AROUND])
    link = ROOT / "manifests" / "overlays" / "kind" / "link"
    subprocess.run([link], env=os.environ | {"NAMESPACE": namespace}, check=True)
    yield


@contextmanager
def played(api: client.ApiClient, namespace: str, image: str) -> Iterator[None]:
    """The part of KServe's controller that our adapter looks at."""
    from tests.kubernetes.kserve_controller import Controller

    apply([one for one in overlay("kind", namespace) if one["kind"] in PREDICTORS])
    controller = Controller(api, namespace, image)
    controller.start()
    yield
    controller.stop()


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Versions 1 and 2."""
    from tests.kubernetes.models import release

    folder = tmp_path_factory.mktemp("models")
    return release(folder, "1"), release(folder, "2")


@pytest.fixture(scope="module")
def kserve(api, place):
    """The adapter."""
    return KServe(api, place, SMALL)


@pytest.fixture(scope="module")
def first(kserve, releases):
    """What came of the first version."""
    return kserve.deploy(releases[0])
