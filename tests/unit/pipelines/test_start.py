"""Which instant a run pretends it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.contracts.errors import UseCaseError
from pipelines import start
from tests.builders import header, sections, use_case

NOW = datetime(2026, 5, 17, 12, 30, 15, 999, tzinfo=UTC)
REPLAYED = use_case(
    extraction={**sections()["extraction"], "replay": {"first": "2013-03-01", "step": "1 month"}}
)


def closed(runs, name: str, as_of: str, succeeded: bool) -> None:
    runs.open(header(name, as_of=as_of))
    runs.close("shop", name, succeeded)


def test_without_a_replay_it_is_the_present(settings, runs):
    assert start.instant(use_case(), None, settings, NOW) == datetime(2026, 5, 17, 12, 30, 15, tzinfo=UTC)


def test_what_was_asked_for_comes_first(settings, runs):
    assert start.instant(REPLAYED, "2013-07-01", settings, NOW) == datetime(2013, 7, 1, tzinfo=UTC)


def test_a_replay_begins_at_its_first_instant(settings, runs):
    assert start.instant(REPLAYED, None, settings, NOW) == datetime(2013, 3, 1, tzinfo=UTC)


def test_a_replay_goes_on_a_step_after_the_last_finished_run(settings, runs):
    closed(runs, "r1", "2013-03-01T00:00:00+00:00", succeeded=True)

    assert start.instant(REPLAYED, None, settings, NOW) == datetime(2013, 4, 1, tzinfo=UTC)


def test_a_failed_run_is_not_stepped_over(settings, runs):
    closed(runs, "r1", "2013-03-01T00:00:00+00:00", succeeded=True)
    closed(runs, "r2", "2013-04-01T00:00:00+00:00", succeeded=False)

    assert start.instant(REPLAYED, None, settings, NOW) == datetime(2013, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2013-02-30", "20130301"])
def test_what_is_no_instant_is_refused(text, settings, runs):
    with pytest.raises(UseCaseError, match=f"'{text}' is not an instant"):
        start.instant(use_case(), text, settings, NOW)


def test_a_run_whose_process_is_gone_is_interrupted(settings, runs):
    runs.open(header("r1"))
    (settings.home / "runs" / "r1").mkdir(parents=True)

    assert [run.status for run in start.history_of("shop", settings)] == ["interrupted"]


def test_a_run_whose_process_lives_is_running(settings, runs):
    from pipelines.local import running

    runs.open(header("r1"))

    with running(settings, "r1"):
        assert [run.status for run in start.history_of("shop", settings)] == ["running"]


def test_a_run_of_another_machine_is_running(settings, runs):
    runs.open(header("r1"))

    assert [run.status for run in start.history_of("shop", settings)] == ["running"]
