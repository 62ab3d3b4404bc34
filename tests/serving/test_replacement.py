"""One release takes over from another without a failed request, and what was accepted is finished."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time

import httpx
import pytest
from tritonclient.utils import InferenceServerException

from tests.models import ROW
from tests.serving.conftest import predictor, release

pytestmark = pytest.mark.serving


def load(running, wanted) -> httpx.Response:
    body = {"parameters": {"config": wanted.model_dump_json()}}
    return running.client.post("/v2/repository/models/shop/load", json=body)


def test_a_release_replaces_another_under_load(shop, folders):
    statuses, versions, done = [], [], threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=shop.url) as client:
            while not done.is_set():
                answer = client.post("/v1/models/shop:predict", json={"instances": [ROW]})
                statuses.append(answer.status_code)
                versions.append(answer.json()["model_version"])

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    for version in range(2, 8):
        folder = folders["other" if version % 2 == 0 else "late"]
        assert load(shop, release(folder, str(version))).json()["release"]["version"] == str(version)
    done.set()
    for caller in callers:
        caller.join()

    assert set(statuses) == {200}
    assert len(set(versions)) > 1
    assert shop.predict(ROW).json()["model_version"] == "7"


def test_tritons_client_loads_a_release(shop, folders, connect):
    client = connect(shop)

    client.load_model("shop", config=release(folders["late"], "20").model_dump_json())

    assert client.is_model_ready("shop", "20")
    assert client.get_model_metadata("shop")["versions"] == ["20"]


def test_a_release_that_does_not_load_leaves_the_other_serving(shop, folders, tmp_path):
    before = shop.predict(ROW).json()["model_version"]
    wrong = release(folders["late"], "99").model_copy(update={"digest": "0" * 64})

    for wanted, reason in (
        (wrong, "it was swapped"),
        (wrong.model_copy(update={"address": str(tmp_path)}), "is not a model"),
        (wrong.model_copy(update={"use_case": "other"}), "the release is of 'other'"),
    ):
        answer = load(shop, wanted)
        assert (answer.status_code, reason in answer.json()["error"]) == (422, True)
    assert shop.predict(ROW).json()["model_version"] == before


@pytest.mark.parametrize(
    "body", [{}, {"parameters": 1}, {"parameters": {"config": "{}"}}, {"parameters": {"config": {}}}]
)
def test_what_is_no_release_is_refused(shop, body):
    answer = shop.client.post("/v2/repository/models/shop/load", json=body)

    assert answer.status_code == 400
    assert "parameters.config" in answer.json()["error"]


def test_the_only_model_is_not_unloaded(shop):
    assert shop.client.post("/v2/repository/models/shop/unload").status_code == 409
    assert shop.predict(ROW).status_code == 200


def test_nobody_replaces_a_release_where_it_is_not_allowed(each, folders, connect):
    _, running = each

    assert load(running, release(folders["other"], "2")).status_code == 403
    client = connect(running)
    with pytest.raises(InferenceServerException, match="EVERGREEN_SERVING_REPOSITORY"):
        client.load_model("shop")


def test_what_was_accepted_is_finished_when_it_is_stopped(folders, tmp_path):
    body = json.dumps({"instances": [ROW] * 500}).encode()
    head = f"POST /v1/models/shop:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with predictor(folders["late"], tmp_path) as running:
        with socket.create_connection(("127.0.0.1", running.client.base_url.port)) as caller:
            caller.sendall(head.encode() + body[:100])
            time.sleep(0.5)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            caller.sendall(body[100:])
            answer = b"".join(iter(lambda: caller.recv(1 << 16), b""))
        code = running.process.wait(30)

    assert code == 0
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b'"label"') == 500
