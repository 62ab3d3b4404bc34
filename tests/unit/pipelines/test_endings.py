"""A command that was interrupted says so, whatever a library made of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from components.contracts.errors import SourceError
from pipelines.endings import was_interrupted


def chained(cause: BaseException) -> SourceError:
    try:
        try:
            raise cause
        except BaseException as error:
            raise SourceError("the table cannot be read") from error
    except SourceError as error:
        return error


@pytest.mark.parametrize(
    ("error", "interrupted"),
    [
        (chained(KeyboardInterrupt()), True),
        (chained(RuntimeError("Query interrupted")), True),
        (SourceError('reading failed: Traceback … File "lean.py", line 55 … KeyboardInterrupt'), True),
        (chained(RuntimeError("no such column")), False),
    ],
)
def test_an_interrupt_is_known_by_what_an_error_began_with(error, interrupted):
    assert was_interrupted(error) is interrupted


@pytest.mark.parametrize(("wanted", "shown"), [("", False), ("default", True)])
def test_what_libraries_warn_of_is_shown_to_who_asks(wanted, shown):
    code = (
        "import warnings; from pipelines.endings import keep_warnings_quiet; keep_warnings_quiet();"
        "warnings.simplefilter('always'); warnings.warn('old way', DeprecationWarning)"
    )
    environment = {**os.environ, "PYTHONWARNINGS": wanted}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert ("old way" in done.stderr) is shown
