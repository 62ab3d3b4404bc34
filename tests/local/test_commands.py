"""What a user or a script reads from the commands that train nothing."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from pipelines import library
from tests.local.conftest import EVERGREEN, Workplace

pytestmark = pytest.mark.local


@pytest.fixture
def narrow(tmp_path) -> Workplace:
    """Where output goes into a pipe that is said to be narrow."""

    class Narrow(Workplace):
        def environment(self) -> dict[str, str]:
            return {**super().environment(), "COLUMNS": "40"}

    return Narrow(tmp_path)


def test_a_script_reads_one_use_case_per_line(narrow):
    listed = narrow.call("usecase", "list")

    assert [line.split()[0] for line in listed.stdout.splitlines()] == library.names()


def test_a_use_case_that_never_ran_says_how_to_run_it(new_workplace):
    assert "`evergreen run housing`" in new_workplace.call("history", "housing").stdout


def test_a_folder_that_cannot_be_written_is_named(new_workplace):
    (new_workplace.folder / "occupied").write_text("")

    done = new_workplace.call("compile", "--build", "occupied/build")

    assert (done.returncode, done.stdout) == (1, "")
    assert "occupied" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_is_taken_is_refused_before_the_rows_are_read(new_workplace):
    (new_workplace.folder / "rows.csv").write_text("not read")

    done = new_workplace.call("usecase", "init", "flights", "--data", "rows.csv")

    assert "flights.yaml exists" in done.stderr
    assert [path.name for path in new_workplace.folder.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize("seconds", [6, 12])
def test_ctrl_c_ends_a_long_command_with_one_word(workplace, seconds):
    workplace.call("data", "flights")
    running = subprocess.Popen(
        [EVERGREEN, "backtest", "flights"],
        cwd=workplace.folder,
        env=workplace.environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert (running.returncode, "Interrupted." in said, "Traceback" in said) == (130, True, False), said
