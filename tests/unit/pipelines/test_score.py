"""Which rows `evergreen score` asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from components.contracts.errors import UseCaseError
from pipelines.commands.score import arguments
from pipelines.library import Entry
from tests.builders import schema, sections, use_case

AS_OF = datetime(2013, 3, 1, tzinfo=UTC)
SHOP = Entry(use_case(), schema(), Path("shop.yaml"))


def window(ahead: bool, length: str = "1 day") -> tuple:
    given = arguments(SHOP, AS_OF, length, ahead, "")
    return given["extraction"]["window"]["start"], given["until"]


def test_the_window_ends_at_the_instant():
    assert window(ahead=False) == ("2013-02-28T00:00:00Z", "2013-03-01T00:00:00+00:00")


def test_the_window_begins_at_the_instant_for_what_is_to_come():
    assert window(ahead=True) == ("2013-03-01T00:00:00Z", "2013-03-02T00:00:00+00:00")


def test_all_rows_are_scored_where_there_is_no_event_time():
    table = {key: value for key, value in sections()["table"].items() if key != "event_time"}
    timeless = Entry(use_case(table=table), schema(), Path("shop.yaml"))

    assert "start" not in arguments(timeless, AS_OF, "1 day", False, "")["extraction"]["window"]


def test_a_window_that_is_no_length_is_refused():
    with pytest.raises(UseCaseError, match="--window: 'soon' is not a period"):
        window(ahead=False, length="soon")
