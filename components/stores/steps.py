"""Records of the steps that ran in a pipeline run, kept in the store while the run goes on."""

from __future__ import annotations

from components.contracts.reports import StepRecord
from components.stores import objects


def keep_step(store: str, run: str, record: StepRecord) -> None:
    """Keep one record.

    Raises:
        StoreError: The store cannot be written.
    """
    name = f"{record.started:%Y%m%dT%H%M%S.%f}-{record.step}.json"
    objects.write_bytes(f"{store}/runs/{run}/{name}", record.model_dump_json().encode())


def steps_of(store: str, run: str) -> tuple[StepRecord, ...]:
    """The steps that ran, in the order they started; a step that was reused has no record."""
    names = sorted(objects.names(f"{store}/runs/{run}"))
    return tuple(
        StepRecord.model_validate_json(objects.read_bytes(f"{store}/runs/{run}/{name}")) for name in names
    )


def failure_of(store: str, run: str) -> StepRecord | None:
    """The first step that failed, if one did."""
    return next((record for record in steps_of(store, run) if record.error is not None), None)
