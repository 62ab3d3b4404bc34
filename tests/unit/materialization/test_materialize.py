"""Bringing views online, with the real feature store and the real marks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from components.contracts.errors import ConflictError, StoreError
from components.materialization.materialize import materialize
from components.stores.features import Features
from components.stores.watermarks import Watermarks
from tests.features_repo import NOON, QUEUES, WEATHER, filled, write
from tests.features_repo import online as read_online

HOUR = timedelta(hours=1)
VIEWS = ("weather", "queues")


@pytest.fixture
def store(tmp_path, empty_database):
    """One value of each view at noon; a metadata store."""
    settings, features = filled(tmp_path, [("JFK", NOON, 40.0, 5.0)], [("JFK", 1, NOON, NOON, 10)])
    (settings.home / "mlflow.db").write_bytes(empty_database.read_bytes())
    return settings, features, Watermarks(settings)


def temp(features: Features) -> float | None:
    [value] = read_online(features, "weather", ["temp"], [{"origin": "JFK"}])
    return value and value[1]["temp"]


def observe(settings, *rows: tuple) -> None:
    write(settings, "weather", [dict(zip(WEATHER.names, row, strict=True)) for row in rows], WEATHER)


def test_each_view_goes_online_and_its_mark_moves(store):
    _, features, marks = store

    told = materialize(VIEWS, NOON + HOUR, "1 day", features, marks)

    assert [(view.view, view.since, view.is_new) for view in told.views] == [
        ("weather", None, True),
        ("queues", None, True),
    ]
    assert temp(features) == 40.0
    assert [marks.read(view) for view in VIEWS] == [NOON + HOUR] * 2


def test_again_changes_nothing(store):
    _, features, marks = store
    materialize(VIEWS, NOON, "1 day", features, marks)

    told = materialize(VIEWS, NOON, "1 day", features, marks)

    assert not any(view.is_new for view in told.views)
    assert temp(features) == 40.0


def test_the_next_run_goes_on_from_the_mark(store):
    settings, features, marks = store
    materialize(VIEWS, NOON, "0 days", features, marks)
    observe(settings, ("JFK", NOON, 40.0, 5.0), ("JFK", NOON + HOUR, 42.0, 5.0))

    told = materialize(VIEWS, NOON + HOUR, "0 days", features, marks)

    assert told.views[0].since == NOON
    assert temp(features) == 42.0


def test_a_value_that_came_late_is_read_after_all(store):
    settings, features, marks = store
    materialize(VIEWS, NOON + HOUR, "2 hours", features, marks)
    observe(settings, ("JFK", NOON, 40.0, 5.0), ("JFK", NOON + HOUR / 2, 41.0, 5.0))

    materialize(VIEWS, NOON + 2 * HOUR, "2 hours", features, marks)

    assert temp(features) == 41.0


def test_an_older_instant_does_not_bring_older_values_back(store):
    settings, features, marks = store
    observe(settings, ("JFK", NOON, 40.0, 5.0), ("JFK", NOON + HOUR, 42.0, 5.0))
    materialize(VIEWS, NOON + HOUR, "1 day", features, marks)

    materialize(VIEWS, NOON, "1 day", features, marks)

    assert temp(features) == 42.0
    assert marks.read("weather") == NOON + HOUR


def test_a_run_that_failed_is_taken_up_where_it_stopped(store):
    settings, features, marks = store
    write(settings, "queues", [], QUEUES.remove(4))
    with pytest.raises(StoreError):
        materialize(VIEWS, NOON, "1 day", features, marks)
    assert [marks.read(view) for view in VIEWS] == [NOON, None]
    write(settings, "queues", [dict(zip(QUEUES.names, ("JFK", 1, NOON, NOON, 10), strict=True))], QUEUES)

    told = materialize(VIEWS, NOON, "1 day", features, marks)

    assert [view.is_new for view in told.views] == [False, True]
    assert marks.read("queues") == NOON


def test_two_at_once_do_not_share_a_view(store):
    settings, features, marks = store
    with Watermarks(settings).claimed("weather"), pytest.raises(ConflictError, match="weather"):
        materialize(VIEWS, NOON, "1 day", features, marks)


def test_marks_outlive_the_process(store):
    settings, features, marks = store
    materialize(VIEWS, NOON, "1 day", features, marks)

    assert Watermarks(settings).read("weather") == NOON
