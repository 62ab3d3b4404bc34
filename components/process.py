"""The process of a step: an expected failure ends with its message and no traceback, and what the step took is recorded.

python -m components.process kfp.dsl.executor_main --component_module_path … --function_to_execute extract
"""

from __future__ import annotations

import os
import resource
import runpy
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from components.contracts.errors import EvergreenError, StoreError
from components.contracts.reports import StepRecord
from components.settings import Settings
from components.stores.failures import PLACES, sentence
from components.stores.steps import keep_step

_PROGRAM = "--component_module_path"


def main(command: Sequence[str]) -> int:
    """Run a module as a program and return its exit code: 0, or 1 with the error told and recorded."""
    # Read when OpenMP is loaded, which is later: threads that spin while they wait make fitting many times slower
    # on cores that are shared, and gain next to nothing on cores that are not.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.argv = list(command)
    started, clock = datetime.now(UTC), time.perf_counter()
    error = _run(command[0])
    if error is not None:
        print(f"Error: {error}", file=sys.stderr, flush=True)
    record = StepRecord(
        step=_step_name(command),
        started=started,
        seconds=time.perf_counter() - clock,
        peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        error=error,
    )
    _keep(record, Settings())
    _sweep(command)
    return 0 if error is None else 1


def _run(module: str) -> str | None:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except EvergreenError as error:
        return str(error)
    except SystemExit as end:
        return None if end.code in (None, 0) else f"the process ended with code {end.code}"
    except OSError as error:
        if error.errno not in PLACES:
            traceback.print_exc()
        return sentence(error.filename or "a file that this step uses", "read or written", error)
    except MemoryError:
        return "the memory is used up; give the step more, or read a shorter window"
    except Exception as error:
        # A mistake in the code, not of the user: here the traceback is the answer.
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"
    return None


def _step_name(command: Sequence[str]) -> str:
    return command[command.index("--function_to_execute") + 1]


def _sweep(command: Sequence[str]) -> None:
    """Remove the step's program: KFP writes each into a new folder of temporary ones, and leaves it there."""
    if _PROGRAM in command[:-1]:
        program = Path(command[command.index(_PROGRAM) + 1])
        if program.name == "ephemeral_component.py":
            shutil.rmtree(program.parent, ignore_errors=True)


def _keep(record: StepRecord, settings: Settings) -> None:
    if not settings.run:
        return
    try:
        keep_step(settings.store_uri(), settings.run, record)
    except (StoreError, OSError) as error:
        # The step's own outcome stands; only its record is lost.
        print(f"Warning: the record of {record.step} was not kept: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
