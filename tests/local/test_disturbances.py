"""What goes wrong around a run: it is killed, it has company, its store cannot be written."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from components.stores.registry import Registry
from components.stores.runs import Runs
from tests.local.conftest import EVERGREEN

pytestmark = pytest.mark.local

RUN = ("run", "housing", "--as-of", "2010-01-01", "--set", "training.search.candidates=2")


def started(workplace, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [EVERGREEN, *words],
        cwd=workplace.folder,
        env=workplace.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for_step(workplace, step: str, process: subprocess.Popen[str]) -> None:
    logs = workplace.folder / "home" / "runs"
    deadline = time.monotonic() + 120
    while not any(f"'{step}'" in log.read_text() for log in logs.glob("*/log.txt")):
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline, f"{step} did not start"
        time.sleep(0.05)


def killed_during(workplace, step: str) -> None:
    process = started(workplace, *RUN)
    wait_for_step(workplace, step, process)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_killed_run_is_interrupted_and_the_next_one_converges(new_workplace):
    killed_during(new_workplace, "extract")
    killed_during(new_workplace, "train")

    done = new_workplace.call(*RUN)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [run.status for run in new_workplace.history("housing")] == [
        "succeeded",
        "interrupted",
        "interrupted",
    ]


def test_two_runs_at_once_do_not_disturb_each_other(new_workplace):
    both = [started(new_workplace, *RUN, "--set", f"training.seed={seed}") for seed in (1, 2)]
    printed = [process.communicate(timeout=600)[0] for process in both]
    runs = new_workplace.history("housing")
    champion = Registry(Runs(new_workplace.settings), "housing").champion()

    # Both compared with an empty place; whoever came second must not take it unseen.
    assert [run.verdict for run in runs].count("champion") == 1, printed
    assert champion.number in {run.version for run in runs if run.verdict == "champion"}


def test_a_store_that_cannot_be_written_is_named(new_workplace):
    (new_workplace.folder / "occupied").write_text("")
    environment = {**new_workplace.environment(), "EVERGREEN_STORE": str(new_workplace.folder / "occupied")}

    done = subprocess.run(
        [EVERGREEN, *RUN],
        cwd=new_workplace.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "occupied" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
