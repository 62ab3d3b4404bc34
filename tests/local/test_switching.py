"""Versions that replace each other while callers go on asking: no request fails, and none is answered by the wrong model."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest

from components.contracts.errors import RolloutError
from components.contracts.prediction_logging import PredictionLogging
from components.contracts.release import Release
from components.contracts.serving import Serving
from components.serving.local import LocalRollout
from components.serving.local_state import ServerStates
from components.serving.processes import LOOPBACK
from tests.models import ROW, written

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> list[Release]:
    """Three versions of one model."""
    return [release(number, tmp_path_factory.mktemp("model")) for number in (1, 2, 3)]


def release(number: int, place: Path) -> Release:
    folder = written(place, algorithm="linear", snapshot=f"snapshot {number}")
    return Release(
        use_case="shop", version=str(number), digest=folder.name, address=str(folder), run="r", snapshot="s"
    )


@pytest.fixture
def rollout(settings):
    """Predictors of this machine, ended with the test."""
    made = LocalRollout(settings, Serving())
    yield made
    for name in made.use_cases():
        made.stop(name)


class Callers:
    """Ask without a pause until told to stop: on a kept connection, and each time on a new one."""

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint}/v1/models/shop:predict"
        self._ended = threading.Event()
        self.answers: list[tuple[float, int, str]] = []
        """When it was asked, HTTP status (0 for none), version that answered."""

    def __enter__(self):
        self._threads = [
            threading.Thread(target=work) for work in (self._kept, self._kept, self._fresh, self._fresh)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _kept(self) -> None:
        with httpx.Client(trust_env=False) as client:
            while not self._ended.is_set():
                self._ask(client)

    def _fresh(self) -> None:
        while not self._ended.is_set():
            with httpx.Client(trust_env=False) as client:
                self._ask(client)

    def _ask(self, client: httpx.Client) -> None:
        asked = time.monotonic()
        try:
            got = client.post(self._url, json={"instances": [ROW]}, timeout=30)
            version = got.json().get("model_version", "")
            self.answers.append((asked, got.status_code, version))
        except httpx.HTTPError as error:
            self.answers.append((asked, 0, repr(error)))

    def more(self, number: int) -> None:
        """Wait for more answers."""
        wanted = len(self.answers) + number
        while len(self.answers) < wanted:
            time.sleep(0.01)


def test_no_request_fails_while_versions_change(rollout, releases):
    one, two, three = releases
    switched = [(0.0, "1")]
    with Callers(rollout.deploy(one).endpoint) as callers:
        callers.more(50)
        for release in (two, one, three, two, three):
            rollout.deploy(release)
            switched.append((time.monotonic(), release.version))
            callers.more(50)

    assert {status for _, status, _ in callers.answers} == {200}, callers.answers
    for (since, version), (until, _) in zip(switched, [*switched[1:], (np.inf, "")], strict=True):
        # What was asked after a deployment is answered by it, until the next one begins.
        answered = {found for asked, _, found in callers.answers if since <= asked < until}
        assert version in answered
    last, version = switched[-1]
    assert {found for asked, _, found in callers.answers if asked >= last} == {version}


def test_a_release_that_does_not_load_leaves_the_one_that_serves(rollout, releases, tmp_path):
    altered = tmp_path / "altered"
    altered.mkdir()
    for file in Path(releases[1].address).iterdir():
        (altered / file.name).write_bytes(file.read_bytes())
    (altered / "pipeline.skops").write_bytes(b"something else")

    with Callers(rollout.deploy(releases[0]).endpoint) as callers:
        with pytest.raises(RolloutError, match=r"pipeline\.skops was altered"):
            rollout.deploy(releases[1].model_copy(update={"address": str(altered)}))
        callers.more(20)

    assert {(status, version) for _, status, version in callers.answers} == {(200, "1")}
    assert rollout.current("shop").release.version == "1"


def test_a_first_release_that_does_not_load_leaves_nothing_behind(rollout, releases):
    swapped = releases[0].model_copy(update={"digest": "0" * 64})

    with pytest.raises(RolloutError, match="it was swapped"):
        rollout.deploy(swapped)

    assert rollout.current("shop") is None
    assert rollout.use_cases() == ()


def test_of_two_commands_at_once_one_waits_for_the_other(rollout, releases, settings):
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(lambda release: LocalRollout(settings, Serving()).deploy(release), releases[:2])
        )

    assert found[0].endpoint == found[1].endpoint
    assert rollout.current("shop") in found


def test_a_server_whose_port_was_taken_meanwhile_comes_up_elsewhere(rollout, releases, settings):
    taken = int(rollout.deploy(releases[0]).endpoint.rpartition(":")[2])
    rollout.stop("shop")

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, taken))
        other.listen()
        found = rollout.deploy(releases[0])

    assert found.endpoint != f"http://{LOOPBACK}:{taken}"
    assert rollout.current("shop") == found


def test_a_process_of_other_code_is_replaced_at_the_same_address(rollout, releases, settings):
    before = rollout.deploy(releases[0])
    states = ServerStates(settings.home.resolve() / "serving")
    old = states.read("shop")
    states.write(old.model_copy(update={"made_of": "the code of last week"}))

    after = rollout.deploy(releases[0])

    assert after.endpoint == before.endpoint
    assert states.read("shop").process != old.process
    assert not old.process.alive


def test_what_callers_ask_is_logged_and_what_a_deployment_asks_is_not(releases, settings):
    discreet = LocalRollout(settings, Serving(log=PredictionLogging(mask={"shop": "drop"})))
    endpoint = discreet.deploy(releases[0]).endpoint
    discreet.deploy(releases[1])
    told = httpx.post(f"{endpoint}/v1/models/shop:predict", json={"instances": [ROW]}).json()

    discreet.stop("shop")  # which ships what was kept

    (file,) = Path(settings.predictions_uri()).rglob("*.parquet")
    kept = pq.read_table(file, partitioning=None)
    assert kept.column("id").to_pylist() == [told["predictions"][0]["id"]]
    assert kept.column("version").to_pylist() == ["2"]
    assert "inputs.price" in kept.column_names
    assert "inputs.shop" not in kept.column_names
