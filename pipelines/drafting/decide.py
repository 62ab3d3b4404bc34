"""What the use case of some rows could be: every decision with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from components.contracts.errors import UseCaseError
from components.contracts.sections import Features, Split, Table
from pipelines.drafting.conversions import conversions
from pipelines.drafting.features import choose_features, choose_slices
from pipelines.drafting.keys import choose_group, choose_key, exact_copies
from pipelines.drafting.labels import Choice, choose_label, choose_positive, choose_task, rare_classes
from pipelines.drafting.profile import Profile, profile, with_gaps
from pipelines.drafting.query import Query
from pipelines.drafting.rows import Rows
from pipelines.drafting.times import Times, choose_times

FEWEST_ROWS = 10


@dataclass(frozen=True)
class Roles:
    """What the columns mean, with the reasons."""

    table: Table
    label: Choice
    times: Times
    group: Choice | None
    task_reason: str
    positive_reason: str
    key_reason: str


@dataclass(frozen=True)
class Decisions:
    """A use case to be."""

    profile: Profile
    query: Query
    roles: Roles
    features: Features
    left: dict[str, str]
    """Column to the reason why it is not used."""
    leaking: frozenset[str]
    """Those among them that may not be known at prediction."""
    split: Split
    slices: tuple[str, ...]
    notes: tuple[str, ...]


def decide(rows: Rows, asked: str | None) -> Decisions:
    """Look at the rows and decide.

    Args:
        rows: The rows as the source has them.
        asked: The label that the user named, if any.

    Raises:
        UseCaseError: There is no label, or nothing to predict it from.
    """
    converted, notes = conversions(rows)
    query, looked = _profiled(rows, Query(tuple(converted)))
    roles = _roles(looked, rows, asked)
    table = roles.table
    rare = rare_classes(looked[table.label]) if table.task == "classification" else ()
    if rare:
        query = replace(query, label=table.label, rare=rare)
        rows.select(query.sql)
        looked = profile(rows)
    looked = with_gaps(looked, rows, table.event_time)
    features, left, leaking = choose_features(looked, rows.sample(), table, roles.times)
    slices = choose_slices(features, looked)
    return Decisions(looked, query, roles, features, left, leaking, _split(table), slices, tuple(notes))


def _profiled(rows: Rows, query: Query) -> tuple[Query, Profile]:
    """The rows as they are after conversions, without copies."""
    rows.select(query.sql)
    looked = profile(rows)
    _require_rows(looked)
    copies = exact_copies(looked, rows)
    if not copies:
        return query, looked
    query = replace(query, copies=copies)
    rows.select(query.sql)
    return query, profile(rows)


def _require_rows(looked: Profile) -> None:
    if looked.rows < FEWEST_ROWS:
        raise UseCaseError(f"the data has {looked.rows} rows; at least {FEWEST_ROWS} are needed to look at")
    if len(looked.columns) < 2:
        raise UseCaseError(
            f"the data has one column, {looked.names()[0]!r}; a label and something to predict it from are needed. "
            "If it has more, look at what separates them"
        )


def _roles(looked: Profile, rows: Rows, asked: str | None) -> Roles:
    times = choose_times(looked, rows)
    label = choose_label(looked, asked, times.names())
    task, task_reason = choose_task(looked[label.name])
    positive = choose_positive(looked[label.name]) if task == "classification" else None
    event_time = times.event.name if times.event else None
    key, key_reason = choose_key(looked, rows, event_time, label.name)
    group = None if event_time else choose_group(looked, {label.name, *key})
    table = Table(
        task=task,
        label=label.name,
        positive=positive[0] if positive else None,
        event_time=event_time,
        available_time=times.available.name if times.available else None,
        key=key,
        group=group.name if group else None,
    )
    return Roles(table, label, times, group, task_reason, positive[1] if positive else "", key_reason)


def _split(table: Table) -> Split:
    if table.event_time:
        return Split(by="time")
    if table.group:
        return Split(by="group")
    return Split(by="label" if table.task == "classification" else "random")
