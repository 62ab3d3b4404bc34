import numpy as np
import pyarrow as pa

from components.contracts.sections import Bootstrap, Table
from components.evaluation.units import span, units

TIMED = Table(task="regression", label="y", event_time="at")
GROUPED = Table(task="regression", label="y", group="shop")
PLAIN = Table(task="regression", label="y")


def rows(days):
    """Four rows a day."""
    start = np.datetime64("2013-01-01", "us").astype(np.int64)
    hours = start + np.arange(4 * days) * 21_600_000_000
    shops = pa.array([f"shop {place % days}" for place in range(4 * days)])
    return pa.table({"at": pa.array(hours).cast(pa.timestamp("us", "UTC")), "shop": shops})


def test_rows_of_a_day_are_drawn_together():
    found = units(rows(days=10), TIMED, Bootstrap())
    assert found.size == 10
    assert found.of.tolist() == sorted(list(range(10)) * 4)
    assert found.note is None


def test_without_event_time_rows_of_a_group_are_drawn_together():
    found = units(rows(days=10), GROUPED, Bootstrap())
    assert found.size == 10
    assert found.of[0] == found.of[10] != found.of[1]


def test_too_few_blocks_are_drawn_row_by_row_and_that_is_said():
    found = units(rows(days=3), TIMED, Bootstrap())
    assert found.size == 12
    assert "only 3 blocks of 1 day" in found.note


def test_without_event_time_or_group_rows_are_drawn_one_by_one_and_that_is_said():
    found = units(rows(days=10), PLAIN, Bootstrap())
    assert found.of.tolist() == list(range(40))
    assert "Without event time" in found.note


def test_null_as_block_draws_row_by_row_as_was_asked():
    assert units(rows(days=10), TIMED, Bootstrap(block=None)).note is None


def test_a_date_is_an_event_time():
    table = pa.table({"at": pa.array(np.arange(12, dtype="int32")).cast(pa.date32())})
    assert units(table, TIMED, Bootstrap()).size == 12
    assert [day.isoformat() for day in span(table, "at")] == [
        "1970-01-01T00:00:00+00:00",
        "1970-01-12T00:00:00+00:00",
    ]
