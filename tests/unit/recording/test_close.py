"""How a run ends in the metadata store."""

from __future__ import annotations

from datetime import UTC, datetime

from components.contracts.reports import StepRecord
from components.recording.close import close
from components.stores.steps import keep_step
from tests.builders import header

AT = datetime(2013, 3, 1, tzinfo=UTC)


def test_a_run_that_failed_keeps_the_step_and_its_reason(runs, settings):
    keep_step(
        settings.store_uri(),
        "r1",
        StepRecord(step="extract", started=AT, seconds=2.0, peak_memory_mb=90.0, error="no rows\n  - in May"),
    )

    close(header("r1"), failed=True, runs=runs, store=settings.store_uri())

    (run,) = runs.history("shop")
    assert (run.status, run.reasons) == ("failed", ("extract: no rows", "  - in May"))


def test_a_run_that_failed_before_it_was_opened_is_in_the_history(runs, settings):
    close(header("r1"), failed=True, runs=runs, store=settings.store_uri())

    assert [run.run for run in runs.history("shop")] == ["r1"]


def test_time_and_memory_of_each_step_are_kept(runs, settings):
    record = StepRecord(step="extract", started=AT, seconds=2.0, peak_memory_mb=90.0)
    keep_step(settings.store_uri(), "r1", record)

    close(header("r1"), failed=False, runs=runs, store=settings.store_uri())

    (run,) = runs.history("shop")
    assert run.status == "succeeded"
    assert (run.metrics["seconds.extract"], run.metrics["peak_memory_mb.extract"]) == (2.0, 90.0)
