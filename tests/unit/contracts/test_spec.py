"""The words for time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from components.contracts.sections import Bootstrap, Window
from components.contracts.spec import Instant, period
from components.contracts.watching import Monitoring, Triggering

MARCH = datetime(2013, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1 month", datetime(2013, 2, 28, tzinfo=UTC)),
        ("2 weeks", datetime(2013, 3, 17, tzinfo=UTC)),
        ("36 hours", datetime(2013, 3, 29, 12, tzinfo=UTC)),
        ("1 year", datetime(2012, 3, 31, tzinfo=UTC)),
    ],
)
def test_a_period_is_calendar_time(text, instant):
    assert MARCH - period(text) == instant


@pytest.mark.parametrize("text", ["", "month", "-1 days", "1.5 days", "1 fortnight", "1 day and 2 hours"])
def test_other_texts_are_no_period(text):
    with pytest.raises(ValueError, match="is not a period"):
        period(text)


@pytest.mark.parametrize(
    "text", ["2013-03-31", "2013-03-31T00:00:00", "2013-03-31T00:00:00Z", "2013-03-31T02:00:00+02:00"]
)
def test_an_instant_is_utc(text):
    assert TypeAdapter(Instant).validate_python(text) == MARCH


@pytest.mark.parametrize("value", [2013, 1364688000.0, "soon", "2013-13-01"])
def test_other_values_are_no_instant(value):
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(value)


def test_a_fixed_start_makes_a_window_that_grows():
    assert Window(start="2013-01-01").bounds(MARCH) == (datetime(2013, 1, 1, tzinfo=UTC), MARCH)


def test_a_length_makes_a_window_that_moves():
    assert Window(length="2 days").bounds(MARCH) == (datetime(2013, 3, 29, tzinfo=UTC), MARCH)


def test_a_delay_ends_the_window_early():
    assert Window(length="2 days", delay="1 day").bounds(MARCH) == (
        datetime(2013, 3, 28, tzinfo=UTC),
        datetime(2013, 3, 30, tzinfo=UTC),
    )


def test_neither_start_nor_length_reads_from_the_first_row():
    assert Window().bounds(MARCH) == (None, MARCH)


@pytest.mark.parametrize(
    "section", [Triggering(performance=None, budget=None), Monitoring(shadow=None), Bootstrap(block=None)]
)
def test_what_null_turns_off_stays_off_where_nulls_are_left_out(section):
    told = section.model_dump(mode="json", exclude_none=True)

    assert type(section).model_validate(told) == section
    assert None not in told.values()


def test_what_is_off_by_default_is_left_out():
    assert "drift" not in Triggering().model_dump(mode="json", exclude_none=True)
