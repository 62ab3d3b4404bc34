"""Events and decisions with the least that is valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from components.contracts.decisions import Decision, Event, Evidence, Outcome, Reason, Record
from components.stores.decisions import Decisions

FIRST = datetime(2013, 4, 1, tzinfo=UTC)


def event(week: int = 0, cause: str = "performance", **evidence) -> Event:
    """A cause that holds in the window that ends some weeks after the first."""
    end = FIRST + timedelta(weeks=week)
    return Event(
        use_case="shop",
        cause=cause,
        start=end - timedelta(days=30),
        end=end,
        evidence=Evidence(**{"signal": True, "new_rows": 1_000, **evidence}),
    )


def trained(week: int, cause: str = "performance", helped: str | None = None) -> Record:
    """A training of an earlier window."""
    outcome = None if helped is None else Outcome(helped=helped, why="measured")
    return Record(decision=Decision(event=event(week, cause)), state="started", run="r", outcome=outcome)


def held(week: int, signal: bool, cause: str = "performance") -> Record:
    """A decision not to train."""
    reasons = (Reason(code="cooldown", message="too soon"),)
    return Record(decision=Decision(event=event(week, cause, signal=signal), reasons=reasons), state="held")


@pytest.fixture
def decisions(settings) -> Decisions:
    """A database of decisions of its own."""
    return Decisions(settings)
