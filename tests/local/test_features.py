"""`evergreen features` as a user types it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.local


def test_views_are_listed_described_and_fit(workplace):
    listed, described, checked = (
        workplace.call("features", *words) for words in (["list"], ["describe", "weather"], ["check"])
    )

    assert "delays_by_route" in listed.stdout
    assert "not yet" in described.stdout
    assert "5 views fit flights" in checked.stdout, checked.stderr


def test_features_go_online_each_time_from_where_they_stood(workplace):
    first = workplace.call("features", "materialize", "flights", "--as-of", "2013-01-03")
    second = workplace.call("features", "materialize", "flights", "--as-of", "2013-01-03T06:00")
    third = workplace.call("features", "materialize", "flights", "--as-of", "2013-01-03")

    assert "weather: online to 2013-01-03 00:00 UTC" in first.stdout, first.stdout + first.stderr
    assert "weather: online from 2013-01-03 00:00 to 2013-01-03 06:00 UTC" in second.stdout
    assert "weather: was online to 2013-01-03 06:00 UTC" in third.stdout


def test_a_use_case_that_looks_nothing_up_is_told(workplace):
    told = workplace.call("features", "materialize", "housing")

    assert told.returncode == 1
    assert "housing looks nothing up" in told.stderr
    assert "Traceback" not in told.stderr
