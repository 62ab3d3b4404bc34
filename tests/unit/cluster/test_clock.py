"""The present, where a run says only `now`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from components.clock import NOW, settled


def test_now_is_the_present_to_the_second():
    found = datetime.fromisoformat(settled(NOW))

    assert abs(datetime.now(UTC) - found) < timedelta(seconds=5)
    assert found.microsecond == 0


def test_an_instant_stays_as_it_is():
    assert settled("2013-03-01") == "2013-03-01"
