from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
import pytest

from components.contracts.errors import DataError, UseCaseError
from components.contracts.sections import Extraction, Table
from components.extraction.window import View, parse_instant


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2013, 1, number, hour, tzinfo=UTC)


def view(as_of=None, window=None, lateness="1 day", **columns):
    table = Table(task="regression", label="y", **(columns or {"event_time": "at"}))
    extraction = Extraction(tables={"t": "t.csv"}, window=window or {}, lateness=lateness)
    return View.at(as_of or day(10), table, extraction)


def rows(**columns):
    return ibis.memtable(pa.table(columns))


TIMES = pa.array([day(1), day(5), day(9, 23), day(10), None], pa.timestamp("us", "UTC"))


def test_a_window_holds_its_start_and_not_its_end():
    seen = view(window={"start": day(5)})

    assert seen.rows(rows(at=TIMES)).to_pyarrow()["at"].to_pylist() == [day(5), day(9, 23)]
    assert seen.tally(rows(at=TIMES)) == {
        "rows": 2,
        "before_window": 1,
        "after_window": 1,
        "without_event_time": 1,
        "not_yet_available": 0,
        "first": day(1),
        "last": day(10),
        "watermark": day(9, 23),
    }


@pytest.mark.parametrize(
    "times",
    [
        pa.array([day(4).date(), day(5).date(), day(9).date(), day(10).date()], pa.date32()),
        TIMES.slice(0, 4).cast(pa.timestamp("us")),
    ],
)
def test_dates_and_times_without_a_zone_are_in_utc(times):
    kept = view(window={"start": day(5)}).rows(rows(at=times)).to_pyarrow()["at"].to_pylist()

    assert [each if type(each) is date else each.date() for each in kept] == [day(5).date(), day(9).date()]


def test_a_date_stands_for_its_midnight():
    times = pa.array([day(4).date(), day(5).date(), day(6).date()], pa.date32())

    seen = view(as_of=day(6, 1), window={"start": day(4, 1)}).rows(rows(at=times)).to_pyarrow()

    assert seen["at"].to_pylist() == [day(5).date(), day(6).date()]


def test_a_moving_window_ends_before_its_delay():
    seen = view(window={"length": "5 days", "delay": "1 day"})

    assert (seen.start, seen.end) == (day(4), day(9))


def test_a_row_is_seen_when_it_was_available_and_no_sooner():
    table = rows(
        at=pa.array([day(1)] * 4, pa.timestamp("us", "UTC")),
        known=pa.array([day(9, 23), day(10), day(11), None], pa.timestamp("us", "UTC")),
    )
    seen = view(event_time="at", available_time="known", lateness="8 days")
    tally = seen.tally(table)

    assert seen.rows(table).to_pyarrow()["known"].to_pylist() == [day(9, 23)]
    assert (tally["rows"], tally["not_yet_available"], tally["late"]) == (1, 3, 1)


@pytest.mark.parametrize(("lateness", "late"), [("1 hour", 2), ("1 day", 1), ("2 weeks", 0), ("1 month", 0)])
def test_a_row_is_late_when_it_came_longer_after_its_event(lateness, late):
    table = rows(
        at=pa.array([day(1)] * 3, pa.timestamp("us", "UTC")),
        known=pa.array([day(1, 1), day(1, 5), day(3)], pa.timestamp("us", "UTC")),
    )

    assert view(event_time="at", available_time="known", lateness=lateness).tally(table)["late"] == late


def test_without_event_time_all_rows_are_read():
    seen = view(key=["id"])

    assert (seen.start, seen.end) == (None, None)
    assert seen.rows(rows(id=[1, 2])).count().to_pyarrow().as_py() == 2
    assert seen.tally(rows(id=[1, 2])) == {"rows": 2, "not_yet_available": 0}


def test_an_empty_window_says_what_the_source_has():
    seen = view(as_of=day(5), window={"start": day(3)})
    table = rows(at=pa.array([day(1), day(9)], pa.timestamp("us", "UTC")))

    with pytest.raises(DataError) as told:
        seen.require_rows(seen.tally(table), "shop.csv")

    assert str(told.value) == (
        "no rows in the window: 'at' from 2013-01-03T00:00:00+00:00 to before 2013-01-05T00:00:00+00:00, "
        "as seen at 2013-01-05T00:00:00+00:00. shop.csv has rows from 2013-01-01T00:00:00+00:00 to "
        "2013-01-09T00:00:00+00:00; choose another as_of or change extraction.window"
    )


def test_a_source_without_rows_says_so():
    empty = rows(at=pa.array([], pa.timestamp("us", "UTC")))

    with pytest.raises(DataError, match=r"shop\.csv has no row with an event time"):
        view().require_rows(view().tally(empty), "shop.csv")
    with pytest.raises(DataError, match=r"^shop\.csv has no rows$"):
        view(key=["id"]).require_rows({"rows": 0, "not_yet_available": 0}, "shop.csv")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2013-01-05", day(5)),
        ("2013-01-05T06:00:00", day(5, 6)),
        ("2013-01-05T06:00:00Z", day(5, 6)),
        ("2013-01-05T06:00:00+02:00", day(5, 4)),
    ],
)
def test_an_instant_is_read_in_utc(text, instant):
    assert parse_instant(text) == instant


def test_what_is_no_instant_is_told():
    with pytest.raises(UseCaseError, match="as_of is 'yesterday'; write a date"):
        parse_instant("yesterday")
