"""Whatever is sent, the answer says what is wrong: no 5xx, no traceback, no growth."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from tests.models import ROW
from tests.serving.conftest import predictor

pytestmark = pytest.mark.serving

NAUGHTY = [
    "", " ", "null", "NaN", "undefined", "true", "0", "-1e400", "\u0000", "\ufeff", "\u202e", "\U0001f600", "\u2603", "e\u0301",
    "' OR 1=1 --", "<script>alert(1)</script>", "${jndi:ldap://x}", "../../etc/passwd", "%s%n%x", "{{7*7}}", "a" * 100_000,
    "\r\nX-Injected: 1", "\x1b[31m", "\u0085", "\u2028", "(missing)", "\U0010ffff", "__class__", "\\", '"', "$(id)", "`id`",
]  # fmt: skip
BOMBS = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b"\x00" * 1000, b"[" * 100_000, b'{"a":' * 50_000, b'{"instances": NaN}',
    b'{"instances": [{"price": Infinity}]}', b'{"instances": [{"price": 1e400}]}', b'{"instances": [{"shop": "\\ud800"}]}',
    b'{"instances": [], "instances": []}', b'{"instances": ' + b"9" * 100_000 + b"}", b'{"instances": {"0": {}}}',
    b'{"instances": ' + b"[" * 1000 + b"]" * 1000 + b"}", b'{"instances": [' + b"{}," * 50_000 + b"{}]}", b'{"inputs": [[]]}',
    b'{"instances": [{' + b",".join(b'"c%d": 1' % i for i in range(50_000)) + b"}]}", b'{"inputs": [{"name": {}}]}',
    b'{"inputs": [{"name": "price", "shape": [1e9], "datatype": "FP64", "data": []}]}', b'{"inputs": 1}', b'{"inputs": []}',
    b'{"inputs": [{"name": "price", "shape": [999999999999999999999], "datatype": "FP64", "data": []}]}', b'{"a": "\x01"}',
    b'{"inputs": [{"name": "price", "shape": [1], "datatype": "FP64", "data": [1], "parameters": {"binary_data_size": 9}}]}',
]  # fmt: skip
PATHS = ("/v1/models/shop:predict", "/v2/models/shop/infer")


def refused(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.json()["error"]
    assert "Traceback" not in answer.text
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_a_naughty_text_is_a_category_that_was_never_seen(shop, text):
    answer = shop.predict({**ROW, "shop": text}, id=text[:128] if text[:128].isprintable() and text else None)

    assert answer.status_code == 200


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
@pytest.mark.parametrize("place", ["price", "count", "new", "day", "seen"])
def test_a_naughty_text_is_no_number_flag_or_instant(shop, place, text):
    refused(shop.predict({**ROW, place: text}))


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_a_naughty_text_names_no_column(shop, text):
    refused(shop.predict({**ROW, text: 1}))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_a_bomb_is_refused(shop, bomb, path):
    refused(shop.client.post(path, content=bomb, headers={"Content-Type": "application/json"}))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", PATHS[0], {}, 405),
        ("PUT", PATHS[1], {}, 405),
        ("POST", "/v1/models/other:predict", {}, 404),
        ("POST", "/v2/models/shop/versions/77/infer", {}, 404),
        ("GET", "/v2/models/shop/versions/77", {}, 404),
        ("POST", "/v1/models/shop:explain", {}, 404),
        ("POST", PATHS[0], {"Content-Type": "text/csv"}, 415),
        ("POST", PATHS[0], {"Content-Encoding": "gzip"}, 415),
        ("POST", PATHS[1], {"Inference-Header-Content-Length": "-1"}, 400),
        ("POST", PATHS[1], {"Inference-Header-Content-Length": "99999"}, 400),
        ("POST", PATHS[0], {"X-Request-Id": "a" * 500}, 400),
    ],
)
def test_a_wrong_request_gets_its_status(shop, method, path, headers, status):
    answer = shop.client.request(method, path, content=json.dumps({"instances": [ROW]}), headers=headers)

    assert answer.status_code == status
    refused(answer)


def test_a_request_that_is_too_large_or_too_slow_is_refused(folders, tmp_path):
    with predictor(folders["late"], tmp_path, MAX_BYTES="1000", MAX_ROWS="3", TIMEOUT="0.5") as running:
        assert running.predict(*[ROW] * 4).status_code == 413
        assert running.client.post(PATHS[0], content=iter([b" " * 600] * 3)).status_code == 413
        with socket.create_connection(("127.0.0.1", running.client.base_url.port)) as slow:
            slow.sendall(b"POST /v1/models/shop:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            assert slow.recv(100).startswith(b"HTTP/1.1 408")
        assert running.predict(ROW).status_code == 200


def test_a_refusal_names_column_row_and_what_is_wrong(shop):
    answer = shop.predict(ROW, {**ROW, "price": "12.5"})

    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        {"field": "price", "row": 1, "problem": "is a text; it must be a number"}
    ]


def test_nothing_of_it_failed_inside_or_was_said_in_a_traceback(shop):
    assert "Traceback" not in shop.log()
    assert 'status="500"' not in shop.client.get("/metrics").text
    assert all(json.loads(line) for line in shop.log().splitlines())


def test_memory_does_not_grow_with_requests(shop):
    def storm() -> float:
        for i in range(150):
            shop.predict({**ROW, "shop": f"never seen {i}"}, id=f"id {i}")
            shop.predict({**ROW, f"column {i}": i})
            shop.client.post(PATHS[i % 2], content=BOMBS[i % len(BOMBS)])
        return shop.memory_mb()

    storm()
    before = storm()

    assert storm() < before + 10


def test_metrics_count_what_happened(shop):
    before = shop.counted('evergreen_strange_values_total{column="price"}')
    requests = shop.counted('evergreen_requests_total{protocol="v1",status="200"}')

    shop.predict({**ROW, "price": 9_000.0}, {**ROW, "price": None})

    assert shop.counted('evergreen_strange_values_total{column="price"}') == before + 1
    assert shop.counted('evergreen_requests_total{protocol="v1",status="200"}') == requests + 1
    assert shop.counted("evergreen_model_age_seconds") > 0
