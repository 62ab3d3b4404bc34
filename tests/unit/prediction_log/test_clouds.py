"""The log's place in a cloud, and a cloud that is away for long. The servers are real ones, on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from components.stores.journal import Limits
from components.stores.served import read_predictions
from tests.predictions import NINE, QUICK, SCHEMA, eventually, predictions, read
from tests.unit.prediction_log.test_deaths import ROOT

pytestmark = pytest.mark.objectstore

MOTO = Path(sys.executable).with_name("moto_server")


class S3:
    """A server that can be stopped and started; what it holds is gone when it stops."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it, with an empty bucket `log`."""
        words = [MOTO, "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._answers, seconds=60)

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def s3(monkeypatch) -> Iterator[S3]:
    """A server of its own for a test, not started yet."""
    server = S3()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    yield server
    server.stop()


def make_bucket() -> None:
    """The bucket `log` of the server that the environment names."""
    from pyarrow import fs

    fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"], allow_bucket_creation=True).create_dir(
        "log"
    )


def test_a_cloud_keeps_what_was_appended(opened, cloud):
    log = opened(place=cloud)
    log.append_rows(predictions("a", 3), SCHEMA)
    log.append_rows(predictions("b", 2, NINE + timedelta(hours=1)), SCHEMA)
    log.close()

    assert [row["id"] for row in read(cloud)] == ["a-0", "a-1", "a-2", "b-0", "b-1"]
    table = read_predictions(cloud, "shop", NINE, NINE + timedelta(minutes=1))
    assert sorted(table.id.to_pyarrow().to_pylist()) == ["a-0", "a-1", "a-2"]


def test_a_cloud_that_is_away_is_waited_for_while_answering_goes_on(opened, s3):
    log = opened(place="s3://log/predictions", limits=Limits(bytes=20_000, seconds=0.2))

    for row in predictions("a", 400):
        log.append_rows([row], SCHEMA)
        time.sleep(0.005)
    eventually(lambda: log.tally.retries >= 2, seconds=60)
    assert (log.tally.shipped_rows, log.tally.pending_rows) == (0, 400)

    s3.start()
    make_bucket()
    eventually(lambda: log.tally.shipped_rows == 400, seconds=60)
    assert len(read("s3://log/predictions")) == 400
    assert log.tally.pending_bytes == 0


def test_a_process_that_dies_while_the_cloud_is_away_loses_nothing(opened, s3, tmp_path):
    words = [
        sys.executable,
        "-m",
        "tests.writer",
        str(tmp_path / "journal"),
        "s3://log/predictions",
        "w",
        "process",
    ]
    with (tmp_path / "told").open("w") as told:
        writer = subprocess.Popen(words, cwd=ROOT, stdout=told)
    eventually(lambda: len((tmp_path / "told").read_text().split()) > 1_000, seconds=60)
    writer.kill()
    writer.wait()
    answered = set((tmp_path / "told").read_text().rpartition("\n")[0].split())
    s3.start()
    make_bucket()

    opened(place="s3://log/predictions", pace=QUICK).close(60)

    found = [row["id"] for row in read("s3://log/predictions")]
    assert answered <= set(found)
    assert len(found) == len(set(found))
