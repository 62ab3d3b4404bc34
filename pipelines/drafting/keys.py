"""Which columns name a row, and which name the thing that several rows are of."""

# ruff: noqa: S608 (names and texts go through `quoted` and `literal`)
from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pipelines.drafting.labels import Choice
from pipelines.drafting.profile import ColumnProfile, Profile
from pipelines.drafting.rows import Rows, quoted
from pipelines.drafting.words import CODE, ENTITY, has, names_a_thing, words


def choose_key(
    profile: Profile, rows: Rows, event_time: str | None, label: str
) -> tuple[tuple[str, ...], str]:
    """The columns that together name one row, and the reason; nothing where none do."""
    single = [column for column in profile.columns if column.name != label and _may_be_key(column)]
    unique = [column.name for column in single if column.unique]
    if unique:
        also = f"; so have {', '.join(unique[1:4])}" if unique[1:] else ""
        return (unique[0],), f"another value in every row{also}"
    for names in _combinations(profile, event_time, label):
        if _identifies(rows, profile, names):
            return names, "together, another value in every row"
    return (), ""


def _may_be_key(column: ColumnProfile) -> bool:
    if column.nulls or column.is_time or column.type in ("float64", "boolean"):
        return False
    if names_a_thing(column.name):
        return True
    if column.type == "int64":  # a dense run of numbers counts the rows
        return column.unique and column.rows >= 20 and column.max - column.min < 1.5 * column.rows
    return column.unique and column.length <= 40 and has(column.name, ("name",))


def _combinations(profile: Profile, event_time: str | None, label: str) -> Iterator[tuple[str, ...]]:
    """Two or three columns: with an event time a thing at a time, else names of things."""
    parts = [
        column
        for column in profile.columns
        if column.name not in (label, event_time)
        and column.nulls == 0
        and column.distinct > 1
        and (
            (column.type == "string" and column.length <= 40)
            or (column.type == "int64" and has(column.name, CODE))
        )
    ]
    if event_time and profile[event_time].distinct > 0.5 * profile.rows:
        # The time alone tells most rows apart; what is beside it must be a thing's name to be more than chance.
        parts = [column for column in parts if has(column.name, ENTITY)]
    names = [column.name for column in sorted(parts, key=lambda column: -column.distinct)[:8]]
    first = (event_time,) if event_time else ()
    for size in range(2 - len(first), 4 - len(first)):
        for chosen in combinations(names, size):
            yield (*first, *chosen)


def _identifies(rows: Rows, profile: Profile, names: tuple[str, ...]) -> bool:
    """Whether no two rows agree on these columns; asked of the sample first."""
    possible = 1.0
    for name in names:
        possible *= profile[name].distinct
    if possible < profile.rows:
        return False
    listed = ", ".join(map(quoted, names))
    return not any(
        rows.ask(f"SELECT 1 FROM {view} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1")
        for view in ("sample", "rows")
    )


def choose_group(profile: Profile, taken: set[str]) -> Choice | None:
    """Without time: the thing that several rows are of, such as a patient, by its id."""
    for column in profile.columns:
        several = 20 <= column.distinct <= column.rows / 1.5
        is_id = bool(words(column.name)) and words(column.name)[-1] in ENTITY
        if (
            column.name not in taken
            and several
            and is_id
            and column.nulls == 0
            and column.type in ("int64", "string")
        ):
            each = column.rows / column.distinct
            return Choice(column.name, f"{each:.1f} rows of each; together on one side of the split")
    return None


def exact_copies(profile: Profile, rows: Rows) -> int:
    """How many rows are exact copies of others, where an id tells that they are: else equal rows may be two things."""
    for column in profile.columns:
        repeated = column.rows - column.distinct
        if names_a_thing(column.name) and column.nulls == 0 and 0 < repeated <= 0.05 * column.rows:
            different = rows.ask("SELECT count(*) FROM (SELECT DISTINCT * FROM rows)")[0][0]
            values = rows.ask(f"SELECT count(DISTINCT {quoted(column.name)}) FROM rows")[0][0]
            if values == different:
                return column.rows - int(different)
    return 0
