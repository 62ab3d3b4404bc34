"""How a run ended."""

from __future__ import annotations

from components.contracts.reports import RunHeader
from components.stores.runs import Runs
from components.stores.steps import steps_of


def close(header: RunHeader, failed: bool, runs: Runs, store: str) -> None:
    """Close a run in the metadata store, with what each step took and why it failed if it did.

    A run that failed before it could be opened is opened first, so that history has it.
    """
    run_id = runs.open(header)
    steps = steps_of(store, header.run)
    took = {f"seconds.{step.step}": step.seconds for step in steps}
    memory = {f"peak_memory_mb.{step.step}": step.peak_memory_mb for step in steps}
    runs.log(run_id, {}, took | memory)
    broken = next((step for step in steps if step.error is not None), None)
    reason = f"{broken.step}: {broken.error}" if broken else "a step failed without a word; its log says more"
    runs.close(header.use_case, header.run, succeeded=not failed, reason=reason if failed else "")
