import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from components.contracts.decisions import Decision, Record
from components.contracts.errors import StoreError
from components.contracts.watching import Alerts, Triggering
from components.stores.alerts import send
from components.triggering.alerts import alerts
from components.triggering.dispatch import tell
from components.triggering.policy import decide
from tests.unit.triggering.conftest import event, trained


def record(error: str = "", **evidence) -> Record:
    decision = decide(event(0, page="/pages/1.html", **evidence), (), Triggering())
    return Record(decision=decision, state="waiting" if decision.trains else "held", error=error)


@pytest.fixture
def receiver():
    """A webhook that keeps what it is sent."""
    kept = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/secret", kept
    server.shutdown()
    server.server_close()


def test_a_training_is_told_with_its_evidence_and_page():
    (alert,) = alerts([record(found=("the gain is 0.02",))], Alerts())

    assert alert.code == "train"
    assert alert.title == "shop up to 2013-04-01 is trained again, by performance"
    assert alert.evidence == ("the gain is 0.02",)
    assert alert.page == "/pages/1.html"


def test_a_broken_feed_is_told_once_whatever_knocked():
    broken = [record(feed=("'size' is null",)), record(feed=("'size' is null",), signal=False)]

    assert [alert.code for alert in alerts(broken, Alerts())] == ["feed"]


def test_quiet_reasons_are_not_told():
    assert alerts([record(signal=False)], Alerts()) == ()


def test_a_run_that_cannot_be_started_is_told():
    assert [alert.code for alert in alerts([record(error="API down")], Alerts())] == ["train", "start-failed"]


@pytest.mark.parametrize("helped", ["yes", "no", "not shown"])
def test_what_came_of_a_training_is_told_and_the_training_not_again(helped):
    (alert,) = alerts([trained(-4, helped=helped), record(signal=False)], Alerts())

    assert alert.code == "outcome"
    assert alert.title == f"shop up to 2013-03-04 was trained by performance; it helped: {helped}"
    assert alert.evidence == ("measured",)


def test_a_webhook_gets_slacks_form(receiver):
    address, kept = receiver

    assert tell([record(found=("gain",))], Alerts(), lambda message: send(address, message)) == ()

    (message,) = kept
    assert message["text"].startswith("shop up to 2013-04-01")
    assert {block["type"] for block in message["blocks"]} == {"section", "context"}
    assert "docs/runbook.md#train" in message["blocks"][1]["elements"][0]["text"]


def test_a_file_gets_a_line_each(tmp_path):
    place = str(tmp_path / "alerts.jsonl")

    tell([record(), record(feed=("broken",))], Alerts(), lambda message: send(place, message))

    lines = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert [json.loads(line)["evergreen"]["code"] for line in lines] == ["train", "feed"]


def test_a_webhook_that_is_down_stops_nothing_and_keeps_its_address_secret():
    (problem,) = tell([record()], Alerts(), lambda message: send("http://127.0.0.1:9/secret", message))

    assert "EVERGREEN_ALERTS" in problem
    assert "secret" not in problem
    with pytest.raises(StoreError):
        send("http://127.0.0.1:9/secret", {})


def test_a_second_run_of_a_window_is_not_told():
    decision = decide(event(0, "drift"), [trained(0)], Triggering())

    assert isinstance(decision, Decision)
    assert alerts([Record(decision=decision, state="held")], Alerts()) == ()
