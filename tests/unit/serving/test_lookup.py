"""The lookup of a request's features in a real online store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from components.contracts.sections import Lookup
from components.serving.lookup import View, look_up
from tests.features_repo import NOON, filled

JFK = {"origin": "JFK", "temp": 40.0, "wind": 5.0}
MOMENT = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    """At noon JFK has 40 °F, and at LGA nobody knows."""
    values = [("JFK", NOON, 40.0, 5.0), ("LGA", NOON, None, 2.0)]
    _, features = filled(tmp_path_factory.mktemp("store"), values)
    features.materialize("weather", None, NOON)
    return features


def looked_up(online, row: dict, later: timedelta = timedelta(0), **rule):
    lookup = Lookup(view="weather", columns=("temp", "wind"), **rule)
    return look_up([row], View.all_of([lookup], online.views()), online, [NOON + later])


def counted(found) -> dict:
    return {outcome: count for (_, outcome), count in found.counts.items() if count}


def test_a_row_with_its_key_gets_the_features(online):
    found = looked_up(online, {"origin": "JFK"})

    assert found.rows == [JFK]
    assert counted(found) == {"found": 1}


def test_rows_of_one_request_may_differ(online):
    view = View.all_of([Lookup(view="weather", columns=("temp", "wind"))], online.views())
    rows = [{"origin": "JFK"}, {"origin": "EWR"}, {"temp": 1.0, "wind": 2.0}, {"origin": "JFK"}]

    found = look_up(rows, view, online, [NOON] * 4)

    assert [row["temp"] for row in found.rows] == [40.0, None, 1.0, 40.0]
    assert counted(found) == {"found": 2, "missing": 1, "given": 1}


@pytest.mark.parametrize("given", [30.0, None])
def test_what_the_request_gives_wins(online, given):
    assert looked_up(online, {"origin": "JFK", "temp": given}).rows == [JFK | {"temp": given}]


def test_a_row_that_gives_everything_needs_no_key(online):
    found = looked_up(online, {"temp": 30.0, "wind": 1.0})

    assert found.problems == []
    assert counted(found) == {"given": 1}


@pytest.mark.parametrize(
    ("later", "outcome", "temp"),
    [(timedelta(hours=3), "found", 40.0), (timedelta(hours=3) + MOMENT, "stale", None)],
)
def test_values_count_for_their_time_to_live(online, later, outcome, temp):
    found = looked_up(online, {"origin": "JFK"}, later)

    assert counted(found) == {outcome: 1}
    assert found.rows[0]["temp"] == temp


@pytest.mark.parametrize("origin", ["EWR", None])
def test_an_unknown_key_is_counted_and_null(online, origin):
    found = looked_up(online, {"origin": origin})

    assert found.rows == [{"origin": origin, "temp": None, "wind": None}]
    assert counted(found) == {"missing": 1}
    assert found.problems == []


@pytest.mark.parametrize(
    ("origin", "later"), [("EWR", 0), ("JFK", 4), ("LGA", 0)], ids=["missing", "stale", "null"]
)
def test_a_default_takes_the_place_of_null(online, origin, later):
    found = looked_up(online, {"origin": origin}, timedelta(hours=later), defaults={"temp": 50.0})

    assert found.rows[0]["temp"] == 50.0


@pytest.mark.parametrize(("origin", "later"), [("EWR", 0), ("JFK", 4)], ids=["missing", "stale"])
def test_a_use_case_may_refuse(online, origin, later):
    found = looked_up(online, {"origin": origin}, timedelta(hours=later), missing="refuse")

    [(row, column, message)] = found.problems
    assert (row, column) == (0, "origin")
    assert repr(origin) in message


def test_a_missing_key_is_named(online):
    [(row, column, message)] = looked_up(online, {"dest": "LAX"}).problems

    assert (row, column) == (0, "origin")
    assert "temp, wind" in message
