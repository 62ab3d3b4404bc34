"""What was answered is in the prediction log, each id once, however the predictor ends."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import httpx
import pytest

from components.stores.served import read_predictions
from tests.models import ROW
from tests.serving.conftest import predictor

pytestmark = pytest.mark.serving


@contextmanager
def logging(folder, place, serving: Mapping[str, str] = MappingProxyType({}), **log: str):
    """A predictor that keeps its predictions under a place."""
    told = {"LOG": str(place / "log"), **serving}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVERGREEN_HOME", str(place / "home"))
        for name, value in {"SEGMENT_SECONDS": "0.2", **log}.items():
            patch.setenv(f"EVERGREEN_LOG_{name}", value)
        with predictor(folder, place, **told) as running:
            yield running


def asked_until_it_dies(url: str, caller: int, answered: list[str]) -> None:
    """Ask one row after another, and keep the ids that came back."""
    try:
        with httpx.Client(base_url=url) as client:
            while True:
                body = {"instances": [ROW], "id": f"{caller}/{len(answered)}"}
                answered.append(
                    client.post("/v1/models/shop:predict", json=body).json()["predictions"][0]["id"]
                )
    except httpx.TransportError:
        return


def killed_under_load(folder, place) -> list[str]:
    """The ids that were answered before the predictor was killed."""
    answered: list[list[str]] = [[] for _ in range(4)]
    with logging(folder, place) as running:
        callers = [
            threading.Thread(target=asked_until_it_dies, args=(running.url, number, found))
            for number, found in enumerate(answered)
        ]
        for caller in callers:
            caller.start()
        while sum(map(len, answered)) < 2_000:
            assert running.process.poll() is None, running.log()
        running.process.send_signal(signal.SIGKILL)
        for caller in callers:
            caller.join()
    return [name for found in answered for name in found]


def stopped_gently(folder, place) -> None:
    """A predictor that comes after, and ends as it should."""
    with logging(folder, place) as running:
        running.predict(ROW, id="after")
        assert running.counted("evergreen_log_appended_rows") == 1
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(timeout=30)


def read(place) -> Counter[str]:
    """How often each id is read."""
    now = datetime.now(UTC)
    span = (now - timedelta(hours=1), now + timedelta(hours=1))
    rows = read_predictions(str(place / "log"), "shop", *span).select("id").to_pyarrow()
    return Counter(rows["id"].to_pylist())


def test_a_killed_predictor_loses_no_answer_and_doubles_none(folders, tmp_path):
    answered = killed_under_load(folders["late"], tmp_path)
    stopped_gently(folders["late"], tmp_path)

    found = read(tmp_path)

    assert len(answered) >= 2_000
    assert set(answered) - set(found) == set()
    assert set(found.values()) == {1}
    assert found["after"] == 1


@pytest.mark.parametrize(("policy", "status"), [("refuse", 503), ("drop", 200)])
def test_a_log_that_is_full_stops_the_answers_or_counts_what_it_drops(policy, status, folders, tmp_path):
    (tmp_path / "log").write_text("a file, where the log is to be a folder")
    with logging(folders["late"], tmp_path, FULL_DISK=policy, BACKLOG_MB="0.1") as running:
        answers = [running.predict(ROW) for _ in range(1_000)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == status
    if policy == "refuse":
        assert answers[-1].headers["retry-after"] == "5"
        assert "prediction log" in answers[-1].json()["error"]
