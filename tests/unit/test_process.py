"""How a step's process ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from components.stores.steps import steps_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ended(tmp_path):
    """Run a module's code as a step's process: its exit code, what it printed, and its record."""

    def run(code: str, words: Sequence[str] = (), **environment: str):
        (tmp_path / "program.py").write_text(code)
        known = {
            "EVERGREEN_RUN": "r1",
            "EVERGREEN_STORE": str(tmp_path / "store"),
            "PYTHONPATH": f"{ROOT}:{tmp_path}",
        }
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "components.process",
                "program",
                "--function_to_execute",
                "extract",
                *words,
            ],
            env={**os.environ, **known, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr, steps_of(str(tmp_path / "store"), "r1")

    return run


def test_a_step_that_succeeds_is_recorded_with_time_and_memory(ended):
    code, _, (record,) = ended("print('hello')")

    assert (code, record.step, record.error) == (0, "extract", None)
    assert record.seconds > 0
    assert record.peak_memory_mb > 1


def test_an_expected_failure_is_told_without_a_traceback(ended):
    code, printed, (record,) = ended(
        "from components.contracts.errors import DataError\nraise DataError('no rows', ['in May', 'in June'])"
    )

    assert code == 1
    assert record.error == "no rows\n  - in May\n  - in June"
    assert "Error: no rows" in printed
    assert "Traceback" not in printed


def test_a_mistake_in_the_code_shows_its_traceback(ended):
    code, printed, (record,) = ended("{}['x']")

    assert (code, record.error) == (1, "KeyError: 'x'")
    assert "Traceback" in printed


@pytest.mark.parametrize(
    ("number", "words"),
    [("ENOSPC", "the disk is full; free some space"), ("EROFS", "the file system is read-only; set")],
)
def test_a_place_that_cannot_be_written_is_named(ended, number, words):
    _, printed, (record,) = ended(f"import errno\nraise OSError(errno.{number}, 'x', 'rows.parquet')")

    assert record.error.startswith("rows.parquet cannot be read or written")
    assert words in record.error
    assert "Traceback" not in printed


def test_a_program_that_exits_by_itself_keeps_its_outcome(ended):
    assert ended("raise SystemExit(0)")[0] == 0
    assert ended("raise SystemExit(3)")[0] == 1


def test_a_record_that_cannot_be_kept_does_not_fail_the_step(ended, tmp_path):
    (tmp_path / "occupied").write_text("")

    code, printed, _ = ended("print('hello')", EVERGREEN_STORE=str(tmp_path / "occupied"))

    assert code == 0
    assert "the record of extract was not kept" in printed


def test_a_step_outside_any_run_keeps_no_record(ended):
    assert ended("print('hello')", EVERGREEN_RUN="")[2] == ()


def test_the_program_that_kfp_wrote_is_removed_and_nobody_elses(ended, tmp_path):
    kept, left = tmp_path / "mine" / "steps.py", tmp_path / "tmp.x" / "ephemeral_component.py"
    for program in (kept, left):
        program.parent.mkdir()
        program.write_text("")
        ended("print('hello')", words=["--component_module_path", str(program)])

    assert (kept.exists(), left.parent.exists()) == (True, False)
