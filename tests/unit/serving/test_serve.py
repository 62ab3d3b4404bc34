"""Which version served before."""

from datetime import UTC, datetime, timedelta

import pytest

from components.contracts.release import Change, Deployment, Release
from components.serving.serve import before

START = datetime(2013, 3, 1, tzinfo=UTC)


def changes(*versions: str) -> list[Change]:
    """Versions in the order they came to serve, as the store gives them: latest first."""
    made = []
    for day, version in enumerate(versions):
        release = Release(use_case="shop", version=version, digest="d", address="/d", run="r", snapshot="s")
        deployment = Deployment(release=release, since=START, endpoint="http://127.0.0.1:8080")
        made.append(Change(kind="deployment", time=START + timedelta(days=day), deployment=deployment))
    return made[::-1]


@pytest.mark.parametrize(
    ("served", "champion", "found"),
    [
        ((), "", ""),
        (("1",), "1", ""),
        (("1", "2"), "2", "1"),
        (("1", "2", "3"), "3", "2"),
        (("1", "2", "3", "2"), "2", "1"),
        (("1", "2", "1"), "1", ""),
        (("1", "2", "1", "3"), "3", "1"),
        (("1", "2", "3", "2", "3"), "3", "2"),
    ],
)
def test_rolling_back_goes_one_version_back_each_time(served, champion, found):
    assert before(changes(*served), champion) == found


def test_a_champion_that_never_served_has_the_one_that_serves_before_it():
    assert before(changes("1", "2"), champion="3") == "2"
