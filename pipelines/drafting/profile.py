"""What the rows look like, column by column: exact counts over all of them, in bounded memory."""

# ruff: noqa: S608 (names and texts go through `quoted` and `literal`)
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from components.contracts.schema import ColumnType
from pipelines.drafting.rows import Rows, quoted

MAX_VALUES = 200
"""Columns with at most this many values have them all counted."""

NUMBERS = ("int64", "float64")

FEWEST = 20
"""In fewer rows a share says little."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column. Quantiles, min and max are of finite values."""

    name: str
    type: ColumnType
    rows: int
    nulls: int
    distinct: int
    """Exact up to MAX_VALUES and where a column may be unique; approximate between."""
    values: tuple[tuple[Any, int], ...] = ()
    """Each value with its rows, the most frequent first; empty above MAX_VALUES."""
    min: Any = None
    max: Any = None
    low: float = 0.0
    median: float = 0.0
    high: float = 0.0
    """Quantiles at 5, 50 and 95 %, of numbers."""
    whole: bool = False
    """Whether it holds whole numbers only, whatever its type."""
    length: float = 0.0
    """Mean length of a text."""
    worst_gap: float = 0.0
    """The largest share of nulls in any twelfth of the time."""

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.type in NUMBERS

    @property
    def is_time(self) -> bool:
        """Whether values are dates or timestamps."""
        return self.type in ("timestamp", "date")

    @property
    def filled(self) -> int:
        """How many rows have a value."""
        return self.rows - self.nulls

    @property
    def unique(self) -> bool:
        """Whether each row has a value of its own."""
        return self.nulls == 0 and self.distinct == self.rows > 1


@dataclass(frozen=True)
class Profile:
    """All columns of a table, in order."""

    rows: int
    columns: tuple[ColumnProfile, ...]

    def __getitem__(self, name: str) -> ColumnProfile:
        return next(column for column in self.columns if column.name == name)

    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)


def profile(rows: Rows) -> Profile:
    """Profile every column of `rows`: one scan for the counts, and one more per column of few values.

    Quantiles are those of the sample: exact ones need memory for every value, approximate ones change from run to run.
    """
    types = rows.types_of("FROM rows")
    asked = ", ".join(part for name, kind in types.items() for part in _aggregates(quoted(name), kind))
    total, *answers = rows.ask(f"SELECT count(*), {asked} FROM rows")[0]
    width = len(_aggregates("x", "string"))
    quantiles = _quantiles(rows, [name for name, kind in types.items() if kind in NUMBERS])
    columns = []
    for position, (name, kind) in enumerate(types.items()):
        mine = answers[position * width : (position + 1) * width]
        at = quantiles.get(name, (0.0, 0.0, 0.0))
        columns.append(_column(rows, name, kind, total, [*mine, *at]))
    return Profile(total, tuple(columns))


def _quantiles(rows: Rows, names: list[str]) -> dict[str, tuple[float, ...]]:
    """Column to its quantiles at 5, 50 and 95 %."""
    if not names:
        return {}
    asked = (f"quantile_disc({_finite(quoted(name))}, [0.05, 0.5, 0.95])" for name in names)
    answers = rows.ask(f"SELECT {', '.join(asked)} FROM sample")[0]
    return {
        name: tuple(map(float, found))
        for name, found in zip(names, answers, strict=True)
        if found is not None
    }


def _finite(column: str) -> str:
    return f"CASE WHEN isfinite({column}) THEN {column} END"


def _aggregates(name: str, kind: ColumnType) -> list[str]:
    """The same number of expressions for every type, so that answers can be told apart."""
    nothing = "NULL"
    counts = [f"count({name})", f"approx_count_distinct({name})"]
    if kind == "int64":
        return [*counts, f"min({name})", f"max({name})", "true", nothing]
    if kind == "float64":
        value = _finite(name)
        return [*counts, f"min({value})", f"max({value})", f"bool_and({value} = floor({value}))", nothing]
    if kind == "string":
        return [*counts, nothing, nothing, "false", f"avg(length({name}))"]
    if kind == "boolean":
        return [*counts, nothing, nothing, "false", nothing]
    return [*counts, f"min({name})", f"max({name})", "false", nothing]


def _column(rows: Rows, name: str, kind: ColumnType, total: int, answers: list[Any]) -> ColumnProfile:
    filled, distinct, smallest, largest, whole, length, low, median, high = answers
    values: tuple[tuple[Any, int], ...] = ()
    column = quoted(name)
    if distinct <= 1.2 * MAX_VALUES:
        values = tuple(
            rows.ask(
                f"SELECT {column}, count(*) FROM rows WHERE {column} IS NOT NULL "
                f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MAX_VALUES + 1}"
            )
        )
    if len(values) > MAX_VALUES:
        values = ()
    elif values or filled == 0:
        distinct = len(values)
    if not values and filled == total and distinct >= 0.8 * total:
        distinct = rows.ask(f"SELECT count(DISTINCT {column}) FROM rows")[0][0]
    return ColumnProfile(
        name=name,
        type=kind,
        rows=total,
        nulls=total - filled,
        distinct=distinct,
        values=values,
        min=smallest,
        max=largest,
        low=low,
        median=median,
        high=high,
        whole=bool(whole),
        length=length or 0.0,
    )


def with_gaps(profile: Profile, rows: Rows, event_time: str | None) -> Profile:
    """Add to each column with nulls how many it has at the worst of times: a run may read no others."""
    names = [column.name for column in profile.columns if column.nulls]
    if event_time is None or not names:
        return profile
    when = f"epoch_us({quoted(event_time)}::TIMESTAMP)"
    shares = ", ".join(f"avg(CAST({quoted(name)} IS NULL AS INT))" for name in names)
    answers = rows.ask(
        f"WITH bounds AS (SELECT min({when}) AS first, max({when}) AS last FROM rows) "
        f"SELECT {shares} FROM rows, bounds WHERE {when} IS NOT NULL "
        f"GROUP BY least(11, floor(12.0 * ({when} - first) / greatest(last - first, 1))) HAVING count(*) >= {FEWEST}"
    )
    worst = {
        name: max((answer[place] for answer in answers), default=0.0) for place, name in enumerate(names)
    }
    return replace(
        profile,
        columns=tuple(replace(column, worst_gap=worst.get(column.name, 0.0)) for column in profile.columns),
    )
