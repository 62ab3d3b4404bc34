"""Requests that carry keys: the features of each row, looked up online.

What the request gives wins, also where it gives null; of a view whose columns are all given nothing is read. What is not
there, or is older than the view's time to live, follows the use case's rule (`contracts.sections.Lookup`) and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from components.contracts.features import ViewSummary
from components.contracts.sections import Lookup

Outcome = Literal["given", "found", "missing", "stale"]
"""Of one row and one view: the request had all columns; the store had them; it had none; it had old ones."""


class Online(Protocol):
    """What has the latest values by key (`stores.features`)."""

    def online(
        self, view: str, columns: Sequence[str], keys: Sequence[Mapping[str, Any]]
    ) -> list[tuple[datetime, dict[str, Any]] | None]:
        """The latest values of each key with their event time; None where there are none."""


@dataclass(frozen=True)
class LookedUp:
    """Rows with the features beside what they had, and how that went."""

    rows: list[dict[str, Any]]
    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    """View and outcome to rows."""
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    """Row, column and what is wrong with it; with any, the request is to be refused."""


@dataclass(frozen=True)
class View:
    """One view as a use case looks it up."""

    lookup: Lookup
    keys: tuple[str, ...]
    ttl: timedelta | None

    @classmethod
    def all_of(cls, lookups: Sequence[Lookup], summaries: Sequence[ViewSummary]) -> tuple[View, ...]:
        """The views of a use case, with what the feature store says of them.

        Raises:
            KeyError: The store does not have one of them.
        """
        known = {summary.name: summary for summary in summaries}
        return tuple(
            cls(lookup, tuple(known[lookup.view].keys), known[lookup.view].ttl) for lookup in lookups
        )


def look_up(
    rows: Sequence[Mapping[str, Any]], views: Sequence[View], online: Online, at: Sequence[datetime]
) -> LookedUp:
    """Add what the request did not give.

    Args:
        rows: The request's rows, by column; checked already.
        views: What is looked up.
        online: The feature store.
        at: For each row the instant that values must not be too old for.

    Raises:
        StoreError: The online store cannot be read.
    """
    found = LookedUp([dict(row) for row in rows])
    for view in views:
        wanting = [i for i, row in enumerate(rows) if any(name not in row for name in view.lookup.columns)]
        found.counts[view.lookup.view, "given"] += len(rows) - len(wanting)
        keyed = [i for i in wanting if _has_keys(rows[i], view, i, found.problems)]
        keys = [{name: rows[i][name] for name in view.keys} for i in keyed]
        held = online.online(view.lookup.view, view.lookup.columns, keys) if keys else []
        for i, value in zip(keyed, held, strict=True):
            _fill(found, i, view, value, at[i])
    return found


def _has_keys(row: Mapping[str, Any], view: View, number: int, problems: list[tuple[int, str, str]]) -> bool:
    absent = [name for name in view.keys if name not in row]
    needed = ", ".join(view.lookup.columns)
    problems += [
        (number, name, f"is missing; give it, or the features that are looked up by it: {needed}")
        for name in absent
    ]
    return not absent


def _fill(
    found: LookedUp, number: int, view: View, value: tuple[datetime, dict[str, Any]] | None, at: datetime
) -> None:
    lookup, row = view.lookup, found.rows[number]
    outcome: Outcome = "found"
    if value is None:
        outcome = "missing"
    elif view.ttl is not None and value[0] < at - view.ttl:
        outcome = "stale"
    found.counts[lookup.view, outcome] += 1
    if outcome != "found" and lookup.missing == "refuse":
        key = ", ".join(f"{name} {row[name]!r}" for name in view.keys)
        what = "has no features" if value is None else f"has no features since {value[0].isoformat()}"
        found.problems.append((number, view.keys[0], f"{what} in view {lookup.view}, for {key}"))
    values = value[1] if outcome == "found" and value is not None else {}
    for name in lookup.columns:
        held = values.get(name)
        row.setdefault(name, lookup.defaults.get(name) if held is None else held)
