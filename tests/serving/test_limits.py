"""Time, numbers and ends: what is late, too many or under way when the predictor stops is answered, and never lost unsaid."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from components.stores.models import write_model
from tests.models import ROW, model
from tests.predictions import eventually
from tests.serving.test_log import logging, read, stopped_gently

pytestmark = pytest.mark.serving

MANY = [ROW] * 3_000


@pytest.fixture(scope="module")
def slow(tmp_path_factory) -> Path:
    """A forest of thousands of trees without a graph: some seconds for many rows, and an answer for one."""
    found = model("late", "forest")
    forest = found.pipeline[-1]
    few = forest.estimators_
    forest.estimators_ = few * 500
    folder = tmp_path_factory.mktemp("slow") / "model"
    try:
        write_model(replace(found, onnx=None, golden=None), folder)
    finally:
        forest.estimators_ = few
    return folder


@pytest.fixture
def frozen_disk(tmp_path) -> Iterator[Path]:
    """A disk that can be made to hang: no write to it returns until it is thawed."""
    image, disk = tmp_path / "image", tmp_path / "disk"
    disk.mkdir()
    image.touch()
    for words in (["truncate", "-s", "64M"], ["mkfs.ext4", "-q"]):
        subprocess.run([*words, image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", image, disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["fsfreeze", "--unfreeze", disk], check=False, capture_output=True)
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_slow_model_is_answered_at_the_limit_and_nothing_of_it_is_kept(slow, tmp_path):
    wide = {"TIMEOUT": "1", "MAX_ROWS": "100000", "MAX_BYTES": "100000000"}
    with logging(slow, tmp_path, serving=wide) as running:
        late = running.predict(*MANY * 20, id="late")
        assert running.predict(ROW, id="quick").status_code == 200
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0

    assert late.status_code == 504
    assert "nothing was kept" in late.json()["error"]
    assert read(tmp_path) == Counter({"quick": 1})


def test_a_slow_log_is_answered_at_the_limit_and_what_it_kept_is_said(folders, tmp_path, frozen_disk):
    log = {"DURABILITY": "power", "FOLDER": str(frozen_disk / "journal"), "SEGMENT_SECONDS": "600"}
    with logging(folders["late"], tmp_path, serving={"TIMEOUT": "1"}, **log) as running:
        assert running.predict(ROW, id="before").status_code == 200
        subprocess.run(["fsfreeze", "--freeze", frozen_disk], check=True)
        late = running.predict(ROW, id="late")
        assert running.client.get("/v2/health/live").status_code == 200
        subprocess.run(["fsfreeze", "--unfreeze", frozen_disk], check=True)
        assert running.predict(ROW, id="after").status_code == 200
        assert running.counted("evergreen_unanswered_predictions_total") == 1
        said = running.log()
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)

    assert late.status_code == 504
    assert "'late'" in late.json()["error"]
    assert '"first_id": "late"' in said
    assert read(tmp_path) == Counter({"before": 1, "late": 1, "after": 1})


def test_requests_beyond_the_number_allowed_are_told_when_to_come_again(slow, tmp_path):
    with logging(slow, tmp_path, serving={"MAX_REQUESTS": "2"}) as running:

        def ask(number: int) -> httpx.Response:
            return httpx.post(
                f"{running.url}/v1/models/shop:predict",
                json={"instances": MANY[:500], "id": f"r{number}"},
                timeout=60,
            )

        with ThreadPoolExecutor(8) as callers:
            answers = list(callers.map(ask, range(8)))
        assert running.client.get("/v2/health/ready").status_code == 200
        assert running.predict(ROW).status_code == 200

    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 503}
    assert statuses[200] >= 2
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 503} == {"1"}


def test_what_was_accepted_is_finished_while_the_logs_place_is_away(slow, tmp_path):
    place = tmp_path / "log"
    place.write_text("a file, where the log is to be a folder")
    answers: list[httpx.Response] = []
    with logging(slow, tmp_path) as running:
        asking = threading.Thread(target=lambda: answers.append(running.predict(*MANY[:1000], id="accepted")))
        asking.start()
        eventually(lambda: running.counted("evergreen_requests_under_way") == 1)
        running.process.send_signal(signal.SIGTERM)
        asking.join(60)
        assert running.process.wait(60) == 0
    place.unlink()
    stopped_gently(slow, tmp_path)

    assert answers[0].status_code == 200
    assert len(answers[0].json()["predictions"]) == 1000
    found = read(tmp_path)
    assert set(found.values()) == {1}
    assert set(found) == {f"accepted-{number}" for number in range(1000)} | {"after"}
