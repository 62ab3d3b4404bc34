"""What is asked for by hand goes through the door like everything else, and the history says who asked and why."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from components.stores.decisions import Decisions
from tests.local.conftest import EVERGREEN

pytestmark = pytest.mark.local

RUN = (
    "run", "housing", "--as-of", "2010-01-01",
    "--set", "training.search.candidates=2", "--set", "evaluation.bootstrap.resamples=100",
)  # fmt: skip


def decided(workplace):
    """Earliest first."""
    return sorted(Decisions(workplace.settings).history("housing"), key=lambda record: record.run)


def test_a_person_who_runs_twice_gets_two_runs(workplace):
    for reason in ("the first model", "again, because I can"):
        done = workplace.call(*RUN, "--reason", reason)
        assert done.returncode == 0, done.stdout + done.stderr

    assert [record.cause for record in decided(workplace)] == ["manual", "manual"]
    assert {record.run for record in decided(workplace)} == {run.run for run in workplace.history("housing")}


def test_the_history_says_who_asked_and_why(workplace):
    printed = workplace.call("history", "housing").stdout

    assert "asked for it: the first model" in printed
    assert "asked for it: again, because I can" in printed


def test_a_request_that_comes_again_shows_the_run_that_it_led_to(workplace):
    first, again = (workplace.call(*RUN, "--request", "ticket-7") for _ in range(2))

    assert (first.returncode, again.returncode) == (0, 0)
    assert len(workplace.history("housing")) == 3
    asked = next(one.run for one in decided(workplace) if one.decision.event.request == "ticket-7")
    assert asked in first.stdout
    assert asked in again.stdout


def test_what_a_person_asked_for_counts_for_other_causes(workplace):
    done = workplace.call(*RUN[:3], "2010-01-03", *RUN[4:], "--cause", "schedule")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "cooldown: trained as of 2010-01-01" in done.stdout
    assert len(workplace.history("housing")) == 3


def test_a_run_that_was_killed_goes_on_under_its_name(workplace):
    words = (EVERGREEN, *RUN, "--request", "killed")
    process = subprocess.Popen(
        words, cwd=workplace.folder, env=workplace.environment(), start_new_session=True
    )
    until(lambda: len(workplace.history("housing")) == 4)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert workplace.history("housing")[0].status == "interrupted"

    done = workplace.call(*words[1:])

    assert done.returncode == 0, done.stdout + done.stderr
    assert [run.status for run in workplace.history("housing")] == ["succeeded"] * 4


def until(happened) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)
