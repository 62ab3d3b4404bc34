"""Starting what was decided: retried until it succeeds, and once however often it is tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from components.contracts.decisions import Event, Record, Start

Starter = Callable[[Start], str]
"""Starts a run and gives its id. Called again with the same key it gives the run that it started before."""


class Waiting(Protocol):
    """Where decisions wait; `components.stores.decisions.Decisions` is one."""

    def lease(self, use_case: str, now: datetime) -> Record | None:
        """One that nobody else is starting."""

    def started(self, event: Event, run: str) -> None:
        """Keep that it was started."""

    def failed(self, event: Event, error: str) -> None:
        """Keep why it could not be started."""


def drain(decisions: Waiting, use_case: str, start: Starter, now: datetime) -> tuple[Record, ...]:
    """Start every decision of a use case that waits.

    The first one that cannot be started ends it: what cannot be reached now is tried when the next event comes.

    Args:
        decisions: Where they wait.
        use_case: Whose.
        start: Starts a run; whatever it raises is kept with the decision.
        now: The present.

    Returns:
        The decisions that were tried, each with its run or its error.
    """
    tried: list[Record] = []
    while not (tried and tried[-1].error) and (record := decisions.lease(use_case, now)) is not None:
        tried.append(_try(decisions, record, start))
    return tuple(tried)


def _try(decisions: Waiting, record: Record, start: Starter) -> Record:
    event = record.decision.event
    try:
        run = start(Start(key=event.window, use_case=event.use_case, cause=event.cause, as_of=event.end))
    except Exception as error:  # an API that is down can fail in any way
        told = f"{type(error).__name__}: {error}"
        decisions.failed(event, told)
        return record.model_copy(update={"error": told, "attempts": record.attempts + 1})
    decisions.started(event, run)
    return record.model_copy(
        update={"state": "started", "run": run, "error": "", "attempts": record.attempts + 1}
    )
