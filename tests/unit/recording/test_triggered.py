"""Every run is in the decisions, whoever started it, and once."""

from __future__ import annotations

from components.contracts.decisions import Decision
from components.recording.header import header
from components.recording.triggered import triggered
from components.stores.decisions import Decisions, offered
from tests.unit.triggering.conftest import event

MIDNIGHT = "2013-04-01T00:00:00+00:00"
RECURRING = header("r", "shop", "schedule", MIDNIGHT, "code", {})


def test_a_run_of_the_clusters_clock_is_recorded(settings):
    triggered(RECURRING, offered(settings))

    (record,) = Decisions(settings).history("shop")
    assert (record.cause, record.run, record.state) == ("schedule", "r", "started")
    assert "by no decision" in record.decision.event.evidence.found[0]


def test_a_step_that_is_tried_again_records_it_once(settings):
    triggered(RECURRING, offered(settings))
    triggered(RECURRING, offered(settings))

    assert len(Decisions(settings).history("shop")) == 1


def test_a_run_that_was_decided_is_not_recorded_again(settings):
    decisions = Decisions(settings)
    decisions.settle(event(0), lambda one, history: Decision(event=one))
    by_outbox = RECURRING.model_copy(update={"cause": "performance"})

    triggered(by_outbox, decisions)
    decisions.started(event(0), "r")
    triggered(by_outbox, decisions)

    assert [record.decision.event for record in decisions.history("shop")] == [event(0)]


def test_an_instant_without_a_zone_is_one_of_utc(settings):
    triggered(RECURRING.model_copy(update={"as_of": "2013-04-01"}), offered(settings))

    assert Decisions(settings).history("shop")[0].end.isoformat() == MIDNIGHT


def test_a_metadata_server_without_a_database_stops_no_run(settings):
    server = settings.model_copy(update={"tracking_uri": "http://mlflow:5000"})

    triggered(RECURRING, offered(server))

    assert offered(server) is None
