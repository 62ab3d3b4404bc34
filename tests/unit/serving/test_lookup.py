"""The lookup of a request's features; the real online store is under test in stores/test_features.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from components.contracts.sections import Lookup
from components.serving.lookup import View, look_up

NOON = datetime(2013, 1, 1, 12, tzinfo=UTC)
WEATHER = View(Lookup(view="weather", columns=("temp", "wind")), ("origin",), timedelta(hours=3))


class Held:
    """Values by key, in memory."""

    def __init__(self, values):
        self.values = values
        self.asked = []

    def online(self, view, columns, keys):
        self.asked += [tuple(key.values()) for key in keys]
        found = [self.values.get(tuple(key.values())) for key in keys]
        return [value and (value[0], {name: value[1][name] for name in columns}) for value in found]


def held(age: timedelta = timedelta(0), **values) -> Held:
    return Held({("JFK",): (NOON - age, {"temp": 40.0, "wind": 5.0, **values})})


def looked_up(row: dict, online: Held, view: View = WEATHER):
    return look_up([row], [view], online, [NOON])


def test_a_row_with_its_key_gets_the_features():
    found = looked_up({"origin": "JFK"}, held())

    assert found.rows == [{"origin": "JFK", "temp": 40.0, "wind": 5.0}]
    assert found.counts["weather", "found"] == 1


@pytest.mark.parametrize("given", [30.0, None])
def test_what_the_request_gives_wins(given):
    found = looked_up({"origin": "JFK", "temp": given}, held())

    assert found.rows == [{"origin": "JFK", "temp": given, "wind": 5.0}]


def test_nothing_is_read_for_a_row_that_gives_everything():
    online = held()

    found = looked_up({"temp": 30.0, "wind": 1.0}, online)

    assert online.asked == []
    assert found.counts["weather", "given"] == 1


@pytest.mark.parametrize(
    ("age", "outcome", "temp"),
    [
        (timedelta(hours=3), "found", 40.0),
        (timedelta(hours=3, microseconds=1), "stale", None),
    ],
)
def test_values_count_for_their_time_to_live(age, outcome, temp):
    found = looked_up({"origin": "JFK"}, held(age))

    assert found.counts["weather", outcome] == 1
    assert found.rows[0]["temp"] == temp


def test_an_unknown_key_is_counted_and_null():
    found = looked_up({"origin": "LGA"}, held())

    assert found.rows == [{"origin": "LGA", "temp": None, "wind": None}]
    assert found.counts["weather", "missing"] == 1
    assert found.problems == []


@pytest.mark.parametrize(
    "online", [Held({}), held(timedelta(days=1)), held(temp=None)], ids=["missing", "stale", "null"]
)
def test_a_default_takes_the_place_of_null(online):
    lookup = Lookup(view="weather", columns=("temp", "wind"), defaults={"temp": 50.0})
    view = View(lookup, ("origin",), timedelta(hours=3))

    assert looked_up({"origin": "JFK"}, online, view).rows[0]["temp"] == 50.0


@pytest.mark.parametrize("online", [Held({}), held(timedelta(days=1))], ids=["missing", "stale"])
def test_a_use_case_may_refuse(online):
    view = View(Lookup(view="weather", columns=("temp",), missing="refuse"), ("origin",), timedelta(hours=3))

    [(row, column, message)] = looked_up({"origin": "JFK"}, online, view).problems

    assert (row, column) == (0, "origin")
    assert "'JFK'" in message


def test_a_missing_key_is_named():
    found = looked_up({"dest": "LAX"}, held())

    [(row, column, message)] = found.problems
    assert (row, column) == (0, "origin")
    assert "temp, wind" in message
