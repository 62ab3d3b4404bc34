"""The features about flights, beside the same numbers worked out one flight at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow.parquet as pq
import pytest

from components.settings import Settings
from components.stores.features import Features
from pipelines.library import FOLDER, bring_data, load
from tests.features_repo import online as read_online

SPANS = {"3h": timedelta(hours=3), "day": timedelta(days=1), "week": timedelta(days=7)}
KEYS = {"origin": ["origin"], "carrier": ["carrier"], "route": ["origin", "dest"]}
MARCH = datetime(2013, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("flights")
    bring_data(FOLDER / "flights.yaml", str(folder / "data"))
    return Settings(home=folder / "home", data=str(folder / "data"), _env_file=None)


@pytest.fixture(scope="module")
def features(settings) -> Features:
    found = Features(settings)
    found.apply()
    return found


@pytest.fixture(scope="module")
def flights(settings) -> pd.DataFrame:
    """Flights until March, with when they were to depart and when they had landed."""
    rows = pq.read_table(f"{settings.data}/flights").to_pandas()
    hour = rows["time_hour"].dt.as_unit("us")
    rows["departs"] = hour + pd.to_timedelta(rows["minute"], unit="min")
    flown = rows["minute"] + rows["dep_delay"] + rows["air_time"] + 60
    rows["landed"] = hour + pd.to_timedelta(flown, unit="min")
    return rows[rows["departs"] < MARCH]


def completed(features: Features, rows: pd.DataFrame, folder) -> pd.DataFrame:
    lookups = load("flights").case.extraction.features
    names = ["origin", "dest", "carrier", "tailnum", "departs", "flight"]
    rows[names].to_parquet(folder / "rows.parquet")
    features.complete(folder / "rows.parquet", "departs", lookups, folder / "completed.parquet")
    found = pd.read_parquet(folder / "completed.parquet")
    return found.sort_values(["departs", "carrier", "flight"]).reset_index(drop=True)


def by_hand(flights: pd.DataFrame, row: pd.Series, keys: list[str], span: timedelta) -> float | None:
    landed = flights["landed"]
    recent = flights[(landed <= row["departs"]) & (landed > row["departs"] - span)]
    for key in keys:
        recent = recent[recent[key] == row[key]]
    return recent["arr_delay"].mean()


def test_delays_are_of_flights_that_had_landed_by_then(features, flights, tmp_path):
    sample = completed(features, flights.sample(40, random_state=0), tmp_path)
    columns = [(name, span) for name in KEYS for span in SPANS]

    expected = {
        f"{name}_delay_{span}": [
            by_hand(flights, row, KEYS[name], SPANS[span]) for _, row in sample.iterrows()
        ]
        for name, span in columns
    }

    pd.testing.assert_frame_equal(sample[list(expected)], pd.DataFrame(expected).astype(float))
    assert sample["route_delay_3h"].isna().any()
    assert sample["origin_delay_3h"].notna().any()


def test_what_lands_after_departure_changes_nothing(features, flights, settings, tmp_path):
    instant = pd.Timestamp("2013-02-10 18:00", tz="UTC")
    rows = flights[(flights["departs"] > instant - timedelta(hours=2)) & (flights["departs"] <= instant)]
    before = completed(features, rows, tmp_path)
    (tmp_path / "data/flights").mkdir(parents=True)
    whole = pq.read_table(f"{settings.data}/flights")
    landed = flights.loc[flights["landed"] <= instant].index.to_numpy()  # rows are in the order of the files
    pq.write_table(whole.take(landed), tmp_path / "data/flights/past.parquet")
    for name in ("weather", "planes"):
        (tmp_path / f"data/{name}.parquet").write_bytes(
            (settings.home.parent / f"data/{name}.parquet").read_bytes()
        )
    blind = Features(Settings(home=settings.home, data=str(tmp_path / "data"), _env_file=None))

    pd.testing.assert_frame_equal(completed(blind, rows, tmp_path), before)


def test_the_online_value_is_the_offline_one(features, flights, tmp_path):
    """Materialized an hour at a time, each value is what a row of that instant gets."""
    for hours in range(3):
        features.materialize("delays_by_origin", None, MARCH - timedelta(hours=2 - hours))
    row = flights.tail(1).assign(departs=pd.Timestamp(MARCH))
    names = [f"origin_delay_{span}" for span in SPANS]

    [(_, online)] = read_online(features, "delays_by_origin", names, [{"origin": row["origin"].item()}])

    assert online == completed(features, row, tmp_path)[names].iloc[0].to_dict()


def test_a_window_of_the_source_is_what_the_whole_has_there(features):
    """What the queries leave unread does not show."""
    store = features._store
    view = store.get_feature_view("delays_by_route")
    names = [field.name for field in view.features]

    def pulled(since: datetime) -> pd.DataFrame:
        until = datetime(2013, 2, 1, tzinfo=UTC)
        arguments = (store.config, view.batch_source, ["origin", "dest"], names, "instant")
        job = store._get_provider().offline_store.pull_all_from_table_or_query(
            *arguments, start_date=since, end_date=until
        )
        rows = job.to_df()
        rows = rows[rows["instant"] >= datetime(2013, 1, 25, tzinfo=UTC)]
        return rows.sort_values(["origin", "dest", "instant"]).reset_index(drop=True)

    pd.testing.assert_frame_equal(
        pulled(datetime(2013, 1, 25, tzinfo=UTC)), pulled(datetime(2013, 1, 1, tzinfo=UTC))
    )


def test_the_hour_that_comes_twice_adds_no_row(features, flights, tmp_path):
    row = flights.tail(1).assign(departs=pd.Timestamp("2013-11-03 06:30", tz="UTC"))

    assert len(completed(features, row, tmp_path)) == 1
