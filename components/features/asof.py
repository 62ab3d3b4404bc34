"""The point-in-time join as SQL for DuckDB: to each row, of each view, the latest values that were known by then.

Values count from the instant at which they were known: their event time or, where a view keeps one, the later instant
at which they were written (`created`). Among those known by a row's time the latest by event time counts, and of several
with that event time the one that was written last; what is still equal is decided by the values, so that the result does
not depend on the order of rows. Values whose event time is further back than the view's time to live are missing; both
edges, the row's own instant and the last one of the time to live, belong to it. A missing key matches nothing.

An ASOF JOIN finds the latest row by one instant alone. So that one suffices, a row that was written late and is no longer
the latest by then is dropped before: the rest is in the same order by event time and by the time they were known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

KNOWN = "evergreen known"
TIME = "evergreen time"
CREATED = "evergreen created"
MOMENT = "evergreen moment"
"""Names that no column of a user has."""


@dataclass(frozen=True)
class ViewRows:
    """The rows of a feature view, and how they are joined."""

    relation: str
    """SQL for the rows."""
    time: str
    """Column of the event time."""
    created: str | None
    """Column of the instant at which the row was written, where there is one."""
    keys: Mapping[str, str]
    """Column of the rows that a feature belongs to, to the view's own column."""
    columns: Mapping[str, str]
    """Column of the result to the view's column."""
    values: Sequence[str]
    """All columns of the view that are neither keys nor times."""
    ttl: timedelta | None
    """How long values count; None for ever."""


def quoted(name: str) -> str:
    """A name as SQL reads it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL reads it, whatever is in it."""
    return "'" + value.replace("'", "''") + "'"


def point_in_time(rows: str, moment: str, views: Sequence[ViewRows], by_created: bool) -> str:
    """SQL for the rows with the columns of each view beside them, in no particular order.

    Args:
        rows: SQL of the relation to be completed; its columns stay as they are.
        moment: Its column of time; where that is missing, so are the features.
        views: What is joined.
        by_created: Whether values that were written after a row's time count as unknown then.
    """
    moments = f"{quoted(moment)}::TIMESTAMPTZ AS {quoted(MOMENT)}"
    joined = f"(SELECT *, {moments} FROM {rows})"
    for place, view in enumerate(views):
        joined = f"({_joined(joined, f'v{place}', view, by_created)})"
    return f"SELECT * EXCLUDE ({quoted(MOMENT)}) FROM {joined}"


def latest(view: ViewRows, since: str, until: str) -> str:
    """SQL for the latest row of each key with an event time in `[since, until]`; instants as SQL literals."""
    inside = f"{quoted(TIME)} BETWEEN {since} AND {until}"
    first = _first_of(view, (), f"SELECT * FROM ({_typed(view)}) WHERE {inside}")
    return f"SELECT * EXCLUDE ({quoted(TIME)}, {quoted(CREATED)}) FROM ({first})"


def _joined(rows: str, name: str, view: ViewRows, by_created: bool) -> str:
    matches = [f"r.{quoted(outer)} = {name}.{quoted(inner)}" for outer, inner in view.keys.items()]
    matches.append(f"r.{quoted(MOMENT)} >= {name}.{quoted(KNOWN)}")
    columns = [f"{_alive(name, view, inner)} AS {quoted(outer)}" for outer, inner in view.columns.items()]
    candidates = _known(view) if by_created and view.created else _plain(view)
    return f"SELECT r.*, {', '.join(columns)} FROM {rows} r ASOF LEFT JOIN ({candidates}) {name} ON {' AND '.join(matches)}"


def _alive(name: str, view: ViewRows, column: str) -> str:
    if view.ttl is None:
        return f"{name}.{quoted(column)}"
    reach = f"to_microseconds({view.ttl // timedelta(microseconds=1)})"
    within = f"{name}.{quoted(TIME)} >= r.{quoted(MOMENT)} - {reach}"
    return f"CASE WHEN {within} THEN {name}.{quoted(column)} END"


def _typed(view: ViewRows) -> str:
    """The view's rows that can be found at all, with their times as instants in microseconds."""
    time = f"{quoted(view.time)}::TIMESTAMPTZ AS {quoted(TIME)}"
    created = f"{quoted(view.created)}::TIMESTAMPTZ" if view.created else "NULL::TIMESTAMPTZ"
    found = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in (*view.keys.values(), view.time))
    return f"SELECT *, {time}, {created} AS {quoted(CREATED)} FROM {view.relation} WHERE {found}"


def _plain(view: ViewRows) -> str:
    """One row per key and event time."""
    return f"SELECT *, {quoted(TIME)} AS {quoted(KNOWN)} FROM ({_first_of(view, (TIME,), _typed(view))})"


def _known(view: ViewRows) -> str:
    """One row per key and instant at which something newer became known, in the order of both times."""
    known = f"SELECT *, greatest({quoted(TIME)}, {quoted(CREATED)}) AS {quoted(KNOWN)} FROM ({_typed(view)})"
    keys = ", ".join(quoted(name) for name in view.keys.values()) or "1"
    newest = (
        f"max({quoted(TIME)}) OVER (PARTITION BY {keys} ORDER BY {quoted(KNOWN)} ROWS UNBOUNDED PRECEDING)"
    )
    return f"SELECT * FROM ({_first_of(view, (KNOWN,), known)}) QUALIFY {quoted(TIME)} >= {newest}"


def _first_of(view: ViewRows, instants: Sequence[str], relation: str) -> str:
    parts = ", ".join(quoted(name) for name in (*view.keys.values(), *instants)) or "1"
    rank = f"row_number() OVER (PARTITION BY {parts} ORDER BY {_latest_first(view)})"
    return f"SELECT * FROM ({relation}) QUALIFY {rank} = 1"


def _latest_first(view: ViewRows) -> str:
    times = [f"{quoted(TIME)} DESC", f"{quoted(CREATED)} DESC NULLS LAST"]
    # One number in place of all values: a sort by every column of a wide view takes many times as long.
    values = [f"hash({', '.join(quoted(name) for name in view.values)}) DESC"] if view.values else []
    return ", ".join([*times, *values])
