"""The feature store as Feast runs it: our offline store, Feast's registry and its SQLite online store."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pyarrow.parquet as pq
import pytest

from components.contracts.errors import StoreError, UseCaseError
from components.contracts.sections import Lookup
from components.stores.features import Features
from tests.features_repo import NOON, WEATHER, filled, make, write
from tests.features_repo import online as read_online

HOUR = timedelta(hours=1)
OBSERVED = [("JFK", NOON, 40.0, 5.0), ("JFK", NOON + HOUR, 42.0, None), ("LGA", NOON, 41.0, 6.0)]
COUNTED = [
    ("JFK", 1, NOON, NOON, 10),
    ("JFK", 1, NOON + HOUR, NOON + 2 * HOUR, 20),
    ("JFK", 11, NOON, NOON, 30),
    ("LGA", 1, NOON, NOON, 40),
]
LOOKUPS = (Lookup(view="weather", columns=("temp",)), Lookup(view="queues", columns=("length",)))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("store"), OBSERVED, COUNTED)


def asked(*rows: tuple) -> pd.DataFrame:
    names = ["origin", "gate", "departs"]
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])


def completed(features: Features, rows: pd.DataFrame, folder) -> list[dict]:
    rows.to_parquet(folder / "rows.parquet")
    features.complete(folder / "rows.parquet", "departs", LOOKUPS, folder / "completed.parquet")
    return pq.read_table(folder / "completed.parquet").sort_by("departs").to_pylist()


def test_rows_are_completed_as_of_their_time(store, tmp_path):
    rows = asked(("JFK", 1, NOON + HOUR / 2), ("JFK", 1, NOON + 1.5 * HOUR), ("JFK", 1, NOON + 2 * HOUR))

    found = completed(store[1], rows, tmp_path)

    assert [row["temp"] for row in found] == [40.0, 42.0, 42.0]
    # The second count was written an hour after it was taken; by half past one the first is too old.
    assert [row["length"] for row in found] == [10, None, 20]


def test_a_row_without_a_key_or_a_time_is_kept(store, tmp_path):
    rows = asked((None, 1, NOON), ("JFK", None, NOON), ("JFK", 1, pd.NaT))

    found = completed(store[1], rows, tmp_path)

    assert sorted([row["temp"], row["length"]] == [None, None] for row in found) == [False, True, True]


def test_nanoseconds_of_pandas_are_read(store, tmp_path):
    rows = asked(("LGA", 1, NOON))
    rows["departs"] = rows["departs"].astype("datetime64[ns, UTC]")

    assert [row["temp"] for row in completed(store[1], rows, tmp_path)] == [41.0]


def test_views_are_told_in_plain_words(store):
    queues, weather = store[1].views()

    assert (weather.keys, weather.columns) == ({"origin": "string"}, {"temp": "float64", "wind": "float64"})
    assert (weather.ttl, weather.owner, weather.tags) == (timedelta(hours=3), "tests", {"privacy": "public"})
    assert queues.keys == {"origin": "string", "gate": "int64"}


def test_what_is_defined_and_what_is_applied_are_the_same(store):
    assert store[1].defined() == store[1].views()


def test_an_unknown_view_is_told_with_those_there_are(store):
    with pytest.raises(StoreError, match="no view 'snow'; there are queues, weather"):
        store[1].materialize("snow", None, NOON)


def test_the_latest_values_go_online_with_every_type(store):
    features = store[1]

    features.materialize("weather", None, NOON + HOUR)
    features.materialize("queues", None, NOON)

    [weather, nowhere] = read_online(
        features, "weather", ["temp", "wind"], [{"origin": "JFK"}, {"origin": "EWR"}]
    )
    keys = [{"origin": "JFK", "gate": 1}, {"origin": "JFK", "gate": 11}]
    queues = read_online(features, "queues", ["length"], keys)
    assert weather == (NOON + HOUR, {"temp": 42.0, "wind": None})
    assert nowhere is None
    assert [values for _, values in queues] == [{"length": 10}, {"length": 30}]


def test_later_values_stay_out(tmp_path):
    _, features = filled(tmp_path, OBSERVED)

    features.materialize("weather", None, NOON + HOUR / 2)

    [(seen, _)] = read_online(features, "weather", ["temp"], [{"origin": "JFK"}])
    assert seen == NOON


def test_a_definition_that_fails_names_its_file(tmp_path):
    features = Features(make(tmp_path, "import no_such_module"))

    with pytest.raises(UseCaseError, match=r"views.py cannot be imported: ModuleNotFoundError"):
        features.apply()


def test_a_view_that_is_gone_from_the_definitions_is_gone_from_the_registry(tmp_path):
    settings, features = filled(tmp_path, OBSERVED)
    assert [view.name for view in features.views()] == ["queues", "weather"]
    repository = tmp_path / "repository/views.py"
    repository.write_text(repository.read_text().partition("queues = ")[0])

    again = Features(settings)
    again.apply()

    assert [view.name for view in again.views()] == ["weather"]


def test_a_source_that_cannot_be_read_is_told(tmp_path):
    settings, features = filled(tmp_path, OBSERVED)
    write(settings, "weather", [], WEATHER.remove(2))

    with pytest.raises(StoreError, match="temp"):
        features.materialize("weather", None, NOON)
