"""A run that came by no decision, of a cluster's clock or started on its dashboard: recorded like all that were decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import TypeAdapter

from components.contracts.decisions import Decision, Event, Evidence, Record
from components.contracts.reports import RunHeader
from components.contracts.spec import Instant


class Door(Protocol):
    """Where decisions are kept; `components.stores.decisions.Decisions` is one."""

    def settle(
        self, event: Event, rule: Callable[[Event, Sequence[Record]], Decision], run: str = ""
    ) -> Record:
        """Decide an event once."""

    def history(self, use_case: str) -> tuple[Record, ...]:
        """All decisions of a use case."""


def triggered(run: RunHeader, door: Door | None) -> None:
    """Record why a run was started, unless a decision says so already.

    It counts for the cooldown and the budget of later decisions, and its outcome is concluded like any other's.

    Args:
        run: The run; its cause is what its arguments say.
        door: Where decisions are kept; nothing is recorded where there is none.
    """
    if door is None:
        return
    end = TypeAdapter(Instant).validate_python(run.as_of)
    told = Evidence(signal=True, found=("the run was started as it is; it came by no decision",))
    event = Event(use_case=run.use_case, cause=run.cause, start=end, end=end, evidence=told, request=run.run)
    decided = [
        record
        for record in door.history(run.use_case)
        # What the outbox starts may not know the name of its run yet.
        if record.run == run.run or (record.state == "waiting" and record.end == end)
    ]
    if not decided:
        door.settle(event, lambda one, history: Decision(event=one), run.run)
