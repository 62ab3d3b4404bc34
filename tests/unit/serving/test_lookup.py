"""The lookup of a request's features in a real online store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from components.contracts.errors import StoreError
from components.contracts.features import KeyedView
from components.contracts.model import Input, ModelManifest
from components.contracts.sections import Lookup
from components.serving.form import Form
from components.serving.lookup import LookedUp, View, look_up
from components.stores.online import OnlineFeatures
from tests.features_repo import NOON, filled

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    """At noon JFK has 40 °F, and at LGA nobody knows."""
    values = [("JFK", NOON, 40.0, 5.0), ("LGA", NOON, None, 2.0)]
    settings, features = filled(tmp_path_factory.mktemp("store"), values)
    features.materialize("weather", None, NOON)
    return OnlineFeatures(settings.features_folder(), settings)


def manifest(temp: str = "float64", nullable: bool = True, **rule) -> ModelManifest:
    """A model of temperature and wind at an airport, which are looked up for three hours."""
    view = KeyedView(
        lookup=Lookup(view="weather", columns=("temp", "wind"), **rule),
        keys={"origin": "string"},
        ttl=3 * HOUR,
    )
    inputs = tuple(
        Input(name=name, type=kind, nullable=nullable, treatment="numeric")
        for name, kind in (("temp", temp), ("wind", "float64"))
    )
    return ModelManifest(
        task="regression", label="y", inputs=inputs, algorithm="linear", snapshot="", lookups=(view,)
    )


def looked_up(online, *rows: dict, later: timedelta = timedelta(0), **model) -> LookedUp:
    made = manifest(**model)
    asked = Form(made).of_objects(rows)
    return look_up(asked, View.all_of(made), online, [NOON + later] * len(rows))


def counted(found: LookedUp) -> dict:
    return {outcome: count for (_, outcome), count in found.counts.items() if count}


def test_a_row_with_its_key_gets_the_features(online):
    found = looked_up(online, {"origin": "JFK"})

    assert found.rows.columns == {"origin": ["JFK"], "temp": [40.0], "wind": [5.0]}
    assert found.rows.absent == {}
    assert counted(found) == {"found": 1}


def test_rows_of_one_request_may_differ(online):
    rows = [{"origin": "JFK"}, {"origin": "EWR"}, {"temp": 1.0, "wind": 2.0}, {"origin": "JFK", "wind": 9}]

    found = looked_up(online, *rows)

    assert found.rows.columns["temp"] == [40.0, None, 1.0, 40.0]
    assert found.rows.columns["wind"] == [5.0, None, 2.0, 9.0]
    assert counted(found) == {"found": 2, "missing": 1, "given": 1}


@pytest.mark.parametrize("given", [30.0, None])
def test_what_the_request_gives_wins(online, given):
    found = looked_up(online, {"origin": "JFK", "temp": given})

    assert found.rows.columns == {"origin": ["JFK"], "temp": [given], "wind": [5.0]}


def test_a_row_that_gives_everything_reads_nothing(online):
    found = looked_up(online, {"temp": 30.0, "wind": 1.0})

    assert found.rows.columns == {"temp": [30.0], "wind": [1.0]}
    assert counted(found) == {"given": 1}


@pytest.mark.parametrize(
    ("later", "outcome", "temp"), [(3 * HOUR, "found", 40.0), (3 * HOUR + MOMENT, "stale", None)]
)
def test_values_count_for_their_time_to_live(online, later, outcome, temp):
    found = looked_up(online, {"origin": "JFK"}, later=later)

    assert counted(found) == {outcome: 1}
    assert found.rows.columns["temp"] == [temp]


@pytest.mark.parametrize("origin", ["EWR", None])
def test_an_unknown_key_is_counted_and_null(online, origin):
    found = looked_up(online, {"origin": origin})

    assert found.rows.columns == {"origin": [origin], "temp": [None], "wind": [None]}
    assert counted(found) == {"missing": 1}
    assert found.problems == []


@pytest.mark.parametrize(
    ("origin", "hours"), [("EWR", 0), ("JFK", 4), ("LGA", 0)], ids=["missing", "stale", "null"]
)
def test_a_default_takes_the_place_of_null(online, origin, hours):
    found = looked_up(online, {"origin": origin}, later=hours * HOUR, defaults={"temp": 50})

    assert found.rows.columns["temp"] == [50.0]


@pytest.mark.parametrize(("origin", "hours"), [("EWR", 0), ("JFK", 4)], ids=["missing", "stale"])
def test_a_use_case_may_refuse(online, origin, hours):
    good = {"temp": 1.0, "wind": 1.0}

    [problem] = looked_up(online, good, {"origin": origin}, later=hours * HOUR, missing="refuse").problems

    assert (problem.row, problem.field) == (1, "origin")
    assert repr(origin) in problem.message


def test_null_is_refused_where_the_model_takes_none(online):
    [problem] = looked_up(online, {"origin": "LGA"}, nullable=False).problems

    assert (problem.row, problem.field) == (0, "temp")
    assert "not nullable" in problem.message
    assert "'LGA'" in problem.message


def test_a_value_of_another_type_is_the_stores_fault(online):
    with pytest.raises(StoreError, match="view weather holds a temp that is a number"):
        looked_up(online, {"origin": "JFK"}, temp="string")


def test_a_default_of_another_type_is_none():
    with pytest.raises(ValueError, match="must be a number"):
        View.all_of(manifest(defaults={"temp": "warm"}))


def test_a_view_that_never_went_online_is_told(online):
    view = KeyedView(lookup=Lookup(view="queues", columns=("length",)), keys={"origin": "string"})
    gone = view.model_copy(update={"lookup": Lookup(view="snow", columns=("depth",))})

    assert online.read(view, [{"origin": "JFK"}]) == [None]
    with pytest.raises(StoreError, match="no such table"):
        online.read(gone, [{"origin": "JFK"}])
