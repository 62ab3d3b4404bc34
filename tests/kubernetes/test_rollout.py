"""Models roll out on a real cluster, with real predictors; beside `tests/with-kserve` with the real KServe, else with one that is
played, as it was measured."""

from __future__ import annotations

import time

import pytest
from kubernetes import client

from components.contracts.errors import RolloutError
from components.serving.kserve import KServe
from components.serving.manifest import Capacity
from components.serving.replay import distance
from components.stores.folders import read_golden, read_manifest
from components.stores.objects import fetch
from tests.kubernetes.conftest import SMALL, eventually, kubectl
from tests.kubernetes.load import Callers
from tests.kubernetes.models import of_folder

pytestmark = [pytest.mark.kubernetes, pytest.mark.kserve]


@pytest.fixture
def callers(api, place, first):
    """Callers of the Service, to be started."""
    return Callers(client.CoreV1Api(api).read_namespaced_service("shop-predictor", place).spec.cluster_ip)


def served(api, place) -> set[str]:
    """The versions of all pods that are not about to go."""
    pods = client.CoreV1Api(api).list_namespaced_pod(place, label_selector="app=isvc.shop-predictor").items
    return {
        pod.metadata.annotations["evergreen.dev/version"]
        for pod in pods
        if pod.metadata.deletion_timestamp is None
    }


def test_nothing_serves_before_something_is_deployed(kserve):
    assert kserve.current("nothing") is None


def test_a_release_that_is_deployed_serves(kserve, releases, first, callers):
    with callers:
        eventually(lambda: callers.versions["1"] > 3, 30, "answers")

    assert kserve.current("shop").release == releases[0] == first.release
    assert callers.failures == []


def test_the_same_release_again_changes_nothing(kserve, releases, first, place):
    def generation() -> str:
        words = ("get", "inferenceservice", "shop", "-n", place, "-o", "jsonpath={.metadata.generation}")
        return kubectl(*words).stdout

    before = generation()
    kserve.deploy(releases[0])

    assert generation() == before


def test_a_rollout_fails_no_request_and_ends_when_only_the_new_version_serves(
    kserve, releases, callers, api, place
):
    with callers:
        eventually(lambda: callers.versions["1"] > 3, 30, "answers")
        kserve.deploy(releases[1])
        left = served(api, place)
        before = callers.versions["1"]
        time.sleep(2)
        late = callers.versions["1"] - before

    assert left == {"2"}
    assert late == 0
    assert callers.versions["2"] > 0
    assert callers.failures == []


def test_a_return_to_the_version_before_takes_less_than_a_minute_and_fails_no_request(
    kserve, releases, callers
):
    kserve.deploy(releases[1])
    with callers:
        started = time.monotonic()
        back = kserve.deploy(releases[0])
        took = time.monotonic() - started

    assert back.release == releases[0]
    assert took < 60
    assert callers.failures == []


@pytest.fixture
def standing(kserve, releases):
    """Version 1 serves."""
    return kserve.deploy(releases[0]).release


def tampered(releases, tmp_path):
    """A folder whose graph is not the one that its manifest names."""
    folder = tmp_path / ("f" * 64)
    fetch(releases[1].address, folder)
    (folder / "model.onnx").write_bytes(b"not the graph")
    return of_folder(folder, releases[1].digest, "3")


def test_a_model_that_is_not_there_never_takes_traffic(kserve, standing, callers, api, place, tmp_path):
    absent = of_folder(tmp_path / ("0" * 64), "0" * 64, "3")

    with callers, pytest.raises(RolloutError, match=r"version 3 does not serve.*version 1 serves on"):
        kserve.deploy(absent)
    assert callers.failures == []
    assert set(callers.versions) == {"1"}
    assert kserve.current("shop").release == standing
    assert served(api, place) == {"1"}


def test_a_tampered_model_is_refused_in_the_predictors_own_words(
    kserve, standing, callers, releases, tmp_path
):
    with callers, pytest.raises(RolloutError, match=r"model\.onnx was altered.*version 1 serves on"):
        kserve.deploy(tampered(releases, tmp_path))

    assert callers.failures == []
    assert set(callers.versions) == {"1"}


def test_answers_that_are_not_those_of_the_day_it_was_made_bring_the_old_version_back(
    api, place, standing, releases
):
    def other(pod, release):
        """The golden rows of a model that answers a little otherwise."""
        golden = read_golden(release.address)
        first, *rest = golden.scores
        moved = golden.model_copy(update={"scores": ((first[0] + 0.01, first[1] - 0.01), *rest)})
        if release.version == "2" and distance(pod, read_manifest(release.address), moved) > 0.001:
            raise RolloutError("it answers otherwise")

    with pytest.raises(
        RolloutError, match=r"version 2 does not serve: it answers otherwise; version 1 serves on"
    ):
        KServe(api, place, SMALL, check=other).deploy(releases[1])
    assert served(api, place) == {"1"}


def test_a_pod_that_no_node_can_hold_is_given_up_in_time(api, place, standing, releases):
    huge = KServe(api, place, Capacity(cpu="500", memory="300Mi"), patience=15)

    with pytest.raises(RolloutError, match=r"did not come up in 15 s: .*version 1 serves on"):
        huge.deploy(releases[1])
    assert served(api, place) == {"1"}


def test_a_first_release_that_does_not_load_leaves_nothing_behind(kserve, tmp_path):
    absent = of_folder(tmp_path / ("1" * 64), "1" * 64, "1").model_copy(update={"use_case": "other"})

    with pytest.raises(RolloutError, match="nothing served before, so nothing serves"):
        kserve.deploy(absent)
    assert kserve.current("other") is None


def test_what_serves_is_told_and_can_be_ended(kserve, standing, api, place):
    assert kserve.use_cases() == ("shop",)
    assert kserve.status("shop").problem == ""
    assert kserve.stop("shop")
    assert not kserve.stop("shop")
    assert "no InferenceService" in kserve.status("shop").problem
