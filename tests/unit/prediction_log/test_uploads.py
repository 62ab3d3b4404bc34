"""A process is killed while a segment is on its way to a cloud; what was answered is there, once, after a restart.

The server is a real one, and so are the connections: a relay before it lets everything through but one request.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.predictions import QUICK, eventually, read
from tests.unit.prediction_log.test_clouds import S3, make_bucket
from tests.unit.prediction_log.test_deaths import ROOT

pytestmark = pytest.mark.objectstore

PLACE = "s3://log/predictions"


@dataclass
class Relay:
    """Passes bytes to a server and back, until a caller sends a word: then what follows stays where it is told to."""

    server: int
    word: bytes
    passes: bool
    """Whether the request with the word reaches the server; its answer never comes back."""
    reached: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in (self._listening, *self._ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits there
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
                self._ends += [caller, server]
                threading.Thread(target=self._forth, args=(caller, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, caller), daemon=True).start()

    def _forth(self, caller: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while sent := caller.recv(1 << 16):
                if self.word in sent:
                    self.reached.set()
                    sent = sent if self.passes else sent[: len(sent) // 2]
                server.sendall(sent)

    def _back(self, server: socket.socket, caller: socket.socket) -> None:
        with suppress(OSError):
            while answer := server.recv(1 << 16):
                if not self.reached.is_set():
                    caller.sendall(answer)


@pytest.fixture
def s3(monkeypatch) -> Iterator[S3]:
    """A server with a bucket."""
    server = S3()
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    server.start()
    make_bucket()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("word", "passes"),
    [
        pytest.param(b"PUT /log/predictions", False, id="half of the rows were sent"),
        pytest.param(b"PUT /log/predictions", True, id="the rows are there, in a file that is not finished"),
        pytest.param(b"<CompleteMultipartUpload", True, id="the file is there, and the writer does not know"),
    ],
)
def test_a_process_that_is_killed_in_mid_upload_loses_and_doubles_nothing(
    word, passes, opened, s3, tmp_path, monkeypatch
):
    relay = Relay(s3.port, word, passes)
    with monkeypatch.context() as patch, (tmp_path / "told").open("w") as told:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{relay.port}")
        words = ["tests.writer", str(tmp_path / "journal"), PLACE, "w", "process"]
        writer = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=told)
        assert relay.reached.wait(60)
        eventually(lambda: len((tmp_path / "told").read_text().split()) > 1_000)
    writer.kill()
    writer.wait()
    relay.close()

    opened(place=PLACE, pace=QUICK).close(60)

    answered = (tmp_path / "told").read_text().rpartition("\n")[0].split()
    found = [row["id"] for row in read(PLACE)]
    assert set(answered) <= set(found)
    assert len(found) == len(set(found))
