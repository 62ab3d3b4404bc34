"""What a hostile caller does below JSON, over bare connections: none of it holds the predictor up, or is taken for a prediction."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.models import ROW
from tests.serving.conftest import Running, predictor

pytestmark = pytest.mark.serving

BODY = json.dumps({"instances": [ROW]}).encode()
LINE = b"POST /v1/models/shop:predict HTTP/1.1\r\nHost: x\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
)


def request(head: bytes = b"", body: bytes = BODY, line: bytes = LINE) -> bytes:
    """A request as it goes over the connection."""
    return line + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunks(body: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body, a byte at a time."""
    return b"".join(b"1\r\n%c\r\n" % byte for byte in body) + end


@pytest.fixture(scope="module")
def hasty(folders, tmp_path_factory) -> Iterator[Running]:
    """A predictor that gives a request one second."""
    with predictor(folders["late"], tmp_path_factory.mktemp("serving"), TIMEOUT="1") as running:
        yield running


@pytest.fixture
def said(hasty) -> Callable[..., bytes]:
    """All that comes back for some bytes until the predictor closes the connection, which it has five seconds for."""

    def send(*parts: bytes) -> bytes:
        with closing(socket.create_connection(("127.0.0.1", hasty.client.base_url.port))) as caller:
            caller.settimeout(5)
            found = b""
            try:
                for part in parts:
                    caller.sendall(part)
                    time.sleep(0.01)
                while part := caller.recv(1 << 16):
                    found += part
            except ConnectionError:
                pass  # it closed while there was more to come
            return found

    return send


def statuses(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@pytest.mark.parametrize(
    "sent",
    [
        request(b"Content-Length: 3\r\n"),
        request(b"Transfer-Encoding: chunked\r\n"),
        LINE + b"Content-Length: -1\r\n\r\n" + BODY,
        LINE + b"Content-Length: 1_0\r\n\r\n" + BODY,
        LINE + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
        LINE + b"Transfer-Encoding: bogus\r\n\r\n" + BODY,
        CHUNKED + b"ffffffffffffffffff\r\n",
        CHUNKED + b"-1\r\n",
        request(b"X A: b\r\n"),
        request(b"X-A: a\x00b\r\n"),
        request(b"X-A: a\r\n b\r\n"),
        request(line=LINE.replace(b"\r", b"")),
        request(line=LINE.replace(b"HTTP/1.1", b"HTTP/9.9")),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(150),
        request(UPGRADE),
        request(b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_no_plain_http_is_refused_and_the_connection_closed(sent, said):
    assert statuses(said(sent)) == [400]


def test_a_body_that_is_longer_than_allowed_is_not_waited_for(said):
    assert statuses(said(LINE + b"Content-Length: 9223372036854775807\r\n\r\n")) == [413]


@pytest.mark.parametrize(
    "sent",
    [
        request(b"Connection: close\r\n"),
        request(line=LINE.replace(b"HTTP/1.1", b"HTTP/1.0")),
        CHUNKED.replace(b"Host: x", b"Connection: close") + chunks(BODY),
        CHUNKED.replace(b"Host: x", b"Connection: close") + chunks(BODY, b"0\r\nX-Request-Id: late\r\n\r\n"),
        request(b"Connection: close\r\nExpect: 200-perhaps\r\n"),
    ],
    ids=["close", "HTTP/1.0", "chunked", "trailers", "expectation"],
)
def test_what_is_strange_and_plain_http_is_answered(sent, said):
    assert statuses(said(sent)) == [200]


def test_requests_on_one_connection_are_answered_in_order_whatever_they_are(said):
    sent = [
        request(body=b"{"),
        request(),
        request(line=LINE.replace(b"POST", b"PUT")),
        request(b"Connection: close\r\n"),
    ]

    assert statuses(said(b"".join(sent))) == [400, 200, 405, 200]


@pytest.mark.parametrize(
    ("sent", "status"),
    [((b"",), []), ((b"POST /v1",), [408]), ((request()[:-1],), [408]), ((request(), b"POST"), [200, 408])],
    ids=["nothing", "half a head", "half a body", "half a second request"],
)
def test_who_keeps_it_waiting_is_left(sent, status, said):
    assert statuses(said(*sent)) == status


def test_a_drop_now_and_then_buys_no_time(said):
    drops = [bytes([byte]) for byte in LINE * 4]

    assert statuses(said(*drops)) in ([408], [])  # what it said may be lost with the connection


@pytest.mark.parametrize(
    "head",
    [b"".join(b"X-%d: a\r\n" % i for i in range(100_000)), b"X-A: " + b"a" * 5_000_000],
    ids=["many headers", "one long header"],
)
def test_a_head_without_an_end_is_not_listened_to(head, said, hasty):
    before = hasty.memory_mb()

    answer = said(*[(LINE + head)[place : place + 50_000] for place in range(0, len(head), 50_000)])

    assert statuses(answer) in ([431], [])  # what it said may be lost with the connection
    assert hasty.memory_mb() < before + 10


@pytest.mark.parametrize("length", ["9" * 5_000, "\u00b2", "-1", "1.0"])
def test_a_length_of_the_json_that_is_none_is_refused(length, said):
    head = b"Inference-Header-Content-Length: " + length.encode() + b"\r\nConnection: close\r\n"

    assert statuses(
        said(request(head, line=LINE.replace(b"v1/models/shop:predict", b"v2/models/shop/infer")))
    ) == [400]


def test_who_does_not_take_its_answer_is_left(hasty):
    body = json.dumps({"instances": [ROW] * 10_000}).encode()
    with closing(socket.socket()) as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(("127.0.0.1", hasty.client.base_url.port))
        caller.sendall(request(b"Connection: close\r\n", body))
        time.sleep(5)
        with pytest.raises(ConnectionError):
            _ = list(iter(lambda: caller.recv(1 << 16), b""))


def test_after_all_of_it_nothing_failed_inside(hasty):
    assert hasty.predict(ROW).status_code == 200
    assert "Traceback" not in hasty.log()
    assert 'status="500"' not in hasty.client.get("/metrics").text
