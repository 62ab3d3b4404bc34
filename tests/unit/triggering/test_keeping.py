"""What is kept of the decisions about a window, for whoever cannot reach their database."""

from __future__ import annotations

import pytest

from components.stores import watch
from components.triggering.keeping import DECIDED, Decided, decided, kept
from tests.unit.triggering.conftest import FIRST, held, trained


@pytest.fixture
def store(tmp_path):
    """A store with two windows that were judged: of one, training was decided and waits."""
    waiting = trained(1).model_copy(update={"state": "waiting", "run": ""})
    for record in (held(0, signal=False), waiting):
        files = {DECIDED: Decided(records=(record,)).model_dump_json(), watch.PERFORMANCE: "{}"}
        watch.keep(str(tmp_path), "shop", record.end, files)
    return str(tmp_path)


def test_decisions_are_told_latest_first(store):
    assert [record.state for record in kept(store, "shop")] == ["waiting", "held"]


def test_a_use_case_that_was_never_judged_has_none(store):
    assert kept(store, "other") == ()


def test_what_came_of_a_decision_is_kept_beside_it(store):
    started = trained(1).model_copy(update={"run": "abc"})
    decided(watch.folder(store, "shop", started.end), (started,))

    assert [(record.state, record.run) for record in kept(store, "shop")] == [
        ("started", "abc"),
        ("held", ""),
    ]


def test_an_older_decision_that_was_tried_again_stays_with_its_own_window(store):
    told = decided(watch.folder(store, "shop", FIRST), (trained(1),))

    assert len(told) == 2
    assert [record.state for record in kept(store, "shop")] == ["waiting", "held"]
