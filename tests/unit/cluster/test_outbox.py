"""From the door to Kubeflow Pipelines over real HTTP: whatever the API does, each window has one run, and none is lost."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import ThreadingHTTPServer

import pytest

from components.contracts.watching import Triggering
from components.stores.decisions import LEASE, Decisions
from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_start import started
from components.stores.kubeflow_words import KubeflowSettings
from components.triggering.outbox import drain
from components.triggering.policy import decide
from tests.kfp_server import KfpServer
from tests.unit.triggering.conftest import event

CAUSES = ("manual", "schedule", "new-data", "drift", "performance")
NOW = datetime(2013, 6, 1, tzinfo=UTC)
WEEKS = range(5)
rule = partial(decide, spec=Triggering(cooldown="0 days", budget=None))


@pytest.fixture
def trained(kubeflow, kfp, tmp_path) -> KfpServer:
    """A cluster on which `shop` was trained once."""
    path = tmp_path / "training.yaml"
    path.write_text("deploymentSpec: {}\n")
    version = kubeflow.publish("training", "Trains.", "training-abc", path)
    kubeflow.start(version, "shop", "shop first", {"name": "shop", "as_of": "", "cause": "manual"})
    return kfp


@pytest.fixture
def decisions(settings) -> Decisions:
    return Decisions(settings)


def starter(server: KfpServer):
    """As the step `trigger` starts runs, by the API of one address."""
    return partial(started, Kubeflow(KubeflowSettings(endpoint=server.url, _env_file=None)))


def runs(server: KfpServer) -> Counter[str]:
    """How many runs there are of each window."""
    as_of = [run.runtime_config.parameters["as_of"] for run in server.runs.values()]
    return Counter(one for one in as_of if one)


ONE_EACH = {event(week).end.isoformat(): 1 for week in WEEKS}


def test_a_thousand_events_twice_and_in_no_order_start_one_run_per_window(trained, settings):
    delivered = [event(week, cause) for week in WEEKS for cause in CAUSES] * 40
    random.Random(5).shuffle(delivered)
    doors = [Decisions(settings) for _ in range(8)]
    start = starter(trained)
    trained.refusals = [503, 500, 429] * 5

    def knock(numbered):
        place, one = numbered
        doors[place % 8].settle(one, rule)
        if place % 25 == 0:
            drain(doors[place % 8], "shop", start, NOW + timedelta(seconds=place))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(knock, enumerate(delivered)))
    trained.refusals.clear()
    drain(doors[0], "shop", start, NOW + LEASE * 2)

    assert len(delivered) == 1_000
    assert runs(trained) == ONE_EACH
    known = {run.run_id for run in trained.runs.values()}
    begun = [record.run for record in doors[0].history("shop") if record.state == "started"]
    assert len(begun) == 5
    assert set(begun) < known


def test_an_api_that_is_gone_and_comes_back_loses_none(trained, decisions):
    for week in WEEKS:
        decisions.settle(event(week), rule)
    start = starter(trained)
    trained.shutdown()
    trained.server_close()

    (failed,) = drain(decisions, "shop", start, NOW)
    back = _again(trained)
    after = drain(decisions, "shop", start, NOW)
    back.shutdown()
    back.server_close()

    assert trained.url in failed.error
    assert [record.error for record in after] == [""] * 5
    assert runs(back) == ONE_EACH


def test_a_run_whose_answer_was_lost_is_found_again(trained, decisions):
    decisions.settle(event(0), rule)
    trained.lost = 1

    (unheard,) = drain(decisions, "shop", starter(trained), NOW)
    (heard,) = drain(decisions, "shop", starter(trained), NOW)

    assert "gave up waiting" in unheard.error
    assert heard.run in trained.runs
    assert runs(trained) == {event(0).end.isoformat(): 1}


def _again(gone: KfpServer) -> KfpServer:
    """The same server, at the same port, with the same state."""
    ThreadingHTTPServer.__init__(gone, ("127.0.0.1", gone.server_port), gone.RequestHandlerClass)
    threading.Thread(target=gone.serve_forever, daemon=True).start()
    return gone
