"""Requests that carry keys: the features of each row, looked up online.

What the request gives wins, also where it gives null; of a view whose columns are all given nothing is read. What is not
there, or is older than the view's time to live, follows the use case's rule (`contracts.sections.Lookup`) and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from components.contracts.errors import StoreError
from components.contracts.features import KeyedView, Latest
from components.contracts.model import ModelManifest
from components.serving.cells import Cell, cell
from components.serving.form import Rows
from components.serving.refusal import Problem

Outcome = Literal["given", "found", "missing", "stale"]
"""Of one row and one view: the request had all columns; the store had them; it had none; it had old ones."""


class Online(Protocol):
    """What has the latest values by key (`stores.online`)."""

    def read(self, view: KeyedView, keys: Sequence[Mapping[str, Any]]) -> list[Latest]:
        """The latest values of each key with their event time; None where there are none."""


@dataclass(frozen=True)
class LookedUp:
    """Rows with the features beside what they had, and how that went."""

    rows: Rows
    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    """View and outcome to rows."""
    problems: list[Problem] = field(default_factory=list)
    """With any, the request is to be refused."""


@dataclass(frozen=True)
class View:
    """One view as a model looks it up."""

    keyed: KeyedView
    readers: Mapping[str, Cell]
    """How a value of each column is read: the store's are held against the model's inputs, as a request's are."""
    defaults: Mapping[str, Any]

    @classmethod
    def all_of(cls, manifest: ModelManifest) -> tuple[View, ...]:
        """The views of a model.

        Raises:
            ValueError: A default is not of its column's type.
        """
        inputs = {column.name: cell(column) for column in manifest.inputs}
        return tuple(
            cls(
                view,
                {name: inputs[name] for name in view.columns},
                {name: inputs[name](value) for name, value in view.lookup.defaults.items()},
            )
            for view in manifest.lookups
        )


def look_up(rows: Rows, views: Sequence[View], online: Online, at: Sequence[datetime]) -> LookedUp:
    """Add what the request did not give.

    Args:
        rows: The request's, checked already.
        views: What is looked up.
        online: The feature store.
        at: For each row the instant that values must not be too old for.

    Raises:
        StoreError: The online store cannot be read, or holds values of another type.
    """
    completed = {
        name: list(values) if name in rows.absent else values for name, values in rows.columns.items()
    }
    found = LookedUp(replace(rows, columns=completed, absent={}))
    for view in views:
        keyed = view.keyed
        absent = {name: frozenset(rows.absent[name]) for name in keyed.columns if name in rows.absent}
        wanting = sorted(frozenset().union(*absent.values()))
        found.counts[keyed.name, "given"] += rows.count - len(wanting)
        keys = [{name: rows.columns[name][i] for name in keyed.keys} for i in wanting]
        held = online.read(keyed, keys) if keys else []
        for i, key, value in zip(wanting, keys, held, strict=True):
            outcome = _outcome(keyed, value, at[i])
            found.counts[keyed.name, outcome] += 1
            if outcome != "found" and keyed.lookup.missing == "refuse":
                found.problems.append(_refused(keyed, key, value, i))
                continue
            values = value[1] if outcome == "found" and value is not None else {}
            for name in (name for name, places in absent.items() if i in places):
                completed[name][i] = _read(view, name, values.get(name), key, i, found.problems)
    return found


def _outcome(view: KeyedView, value: Latest, at: datetime) -> Outcome:
    if value is None:
        return "missing"
    return "stale" if view.ttl is not None and value[0] < at - view.ttl else "found"


def _refused(view: KeyedView, key: Mapping[str, Any], value: Latest, row: int) -> Problem:
    what = "has no features" if value is None else f"has no features since {value[0].isoformat()}"
    return Problem(next(iter(key)), f"{what} in view {view.name}, for {_told(key)}", row)


def _read(
    view: View, name: str, value: Any, key: Mapping[str, Any], row: int, problems: list[Problem]
) -> Any:
    """A value of the store in the column's type; NaN is a missing value there, as in training."""
    if value is None or value != value:
        if name in view.defaults:
            return view.defaults[name]
        value = None
    try:
        return view.readers[name](value)
    except ValueError as error:
        if value is not None:
            raise StoreError(f"view {view.keyed.name} holds a {name} that {error}") from error
        problems.append(Problem(name, f"{error}: view {view.keyed.name} has none for {_told(key)}", row))
        return None


def _told(key: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in key.items())
