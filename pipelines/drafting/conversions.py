"""Columns that hold numbers or times in a form that is neither, and the SQL that makes them so.

A conversion is proposed only where every value of every row can be converted. In a run it is strict: a value that
does not convert stops the run instead of becoming a null unseen.
"""

# ruff: noqa: S608 (names and texts go through `quoted` and `literal`)
from __future__ import annotations

from collections.abc import Sequence

from components.contracts.schema import ColumnType
from pipelines.drafting.forms import LIKE_A_DATE, PLAIN, WRITTEN, Form
from pipelines.drafting.query import Conversion, Query
from pipelines.drafting.rows import Rows, literal, quoted
from pipelines.drafting.words import EVENT, LATER, MISSING, OTHER_TIMES, has, words

FIRST_LOOK = 1000
"""So many values tell which forms are worth a look at all rows."""
NEARLY = 0.98


def conversions(rows: Rows) -> tuple[list[Conversion], list[str]]:
    """The conversions that the columns of `raw` ask for, and notes on those that nearly do."""
    found: list[Conversion] = []
    notes: list[str] = []
    types = rows.types_of("FROM raw")
    for name, kind in types.items():
        if kind == "string":
            found += _text(rows, name, notes)
        elif kind == "int64":
            found += _whole_number(rows, name)
        elif kind == "float64":
            found += _not_finite(rows, name)
    converted = {**types, **rows.types_of(Query(tuple(found)).sql("raw_sample"))} if found else types
    if not {"timestamp", "date"} & set(converted.values()):
        found += _parts(rows, types)
    return found, notes


def _text(rows: Rows, name: str, notes: list[str]) -> list[Conversion]:
    column = quoted(name)
    present = f"trim({column}) NOT IN ({', '.join(literal(word) for word in sorted(MISSING))})"
    for form in _promising(rows, column, present):
        bad, example, all_ = rows.ask(
            f"SELECT count(*) FILTER (NOT coalesce({_of(form.fits, f'trim({column})')}, false)), "
            f"min({column}) FILTER (NOT coalesce({_of(form.fits, f'trim({column})')}, false)), count(*) "
            f"FROM raw WHERE {present}"
        )[0]
        if bad == 0:
            return [_conversion(rows, name, form, present)]
        if bad <= all_ / 100:
            notes.append(
                f"column {name!r} nearly holds {form.what}: {bad} of {all_} values do not, such as {example!r}; "
                "mend them, or convert the column in extraction.query"
            )
            return []
    return []


def _promising(rows: Rows, column: str, present: str) -> list[Form]:
    """The forms that nearly all of the first values fit, the best first."""
    first = f"(SELECT trim({column}) AS v FROM raw_sample WHERE {present} LIMIT {FIRST_LOOK})"

    def shares(tests: Sequence[str]) -> tuple[float, ...]:
        asked = ", ".join(
            f"coalesce(avg(CAST(coalesce({_of(test, 'v')}, false) AS INT)), 0)" for test in tests
        )
        return rows.ask(f"SELECT {asked} FROM {first}")[0]

    date_like, *_ = shares([LIKE_A_DATE])
    forms = (*PLAIN, *WRITTEN) if date_like >= NEARLY else PLAIN
    fitting = dict(zip(forms, shares([form.fits for form in forms]), strict=True))
    best = max(NEARLY, *fitting.values())
    return [form for form, share in fitting.items() if share == best]


def _conversion(rows: Rows, name: str, form: Form, present: str) -> Conversion:
    column = quoted(name)
    blanks = sorted(
        value
        for (value,) in rows.ask(
            f"SELECT DISTINCT {column} FROM raw WHERE {column} IS NOT NULL AND NOT {present}"
        )
    )
    padded = rows.ask(f"SELECT bool_or({column} <> trim({column})) FROM raw")[0][0]
    text = f"trim({column})" if padded else column
    if blanks:
        text = f"CASE WHEN {column} NOT IN ({', '.join(map(literal, blanks))}) THEN {text} END"
    said = f", with {', '.join(map(repr, blanks))} for a missing one" if blanks else ""
    if form.twin and form.twin in {other.what for other in _promising(rows, column, present)}:
        said += f" (or {form.twin.removeprefix('dates ')}? no day above 12 tells)"
    by_type = form.by_type and text == column
    return Conversion(name, _of(form.sql, text), f"text that holds {form.what}{said}", by_type=by_type)


def _of(template: str, text: str) -> str:
    return template.replace("{}", text)


def _not_finite(rows: Rows, name: str) -> list[Conversion]:
    column = quoted(name)
    count = rows.ask(f"SELECT count(*) FROM raw WHERE NOT isfinite({column})")[0][0]
    if not count:
        return []
    sql = f"CASE WHEN isfinite({column}) THEN {column} END"
    return [Conversion(name, sql, f"{count} rows hold NaN or an infinite number, here taken for missing")]


def _whole_number(rows: Rows, name: str) -> list[Conversion]:
    """20130131, or seconds or milliseconds since 1970, under a name that speaks of time."""
    column = quoted(name)
    if not has(name, EVENT | LATER | OTHER_TIMES):
        return []
    low, high = rows.ask(f"SELECT min({column}), max({column}) FROM raw")[0]
    if low is None:
        return []
    for unit, per_second in (("seconds", 1), ("milliseconds", 1000)):
        if low >= 3e8 * per_second and high <= 5e9 * per_second:
            sql = f"make_timestamp({column} * {1_000_000 // per_second})"
            return [Conversion(name, sql, f"whole numbers that hold {unit} since 1970")]
    text = f"CAST({column} AS VARCHAR)"
    if low < 19000101 or high > 21001231:
        return []
    bad = rows.ask(f"SELECT count(*) FROM raw WHERE {column} > 0 AND try_strptime({text}, '%Y%m%d') IS NULL")[
        0
    ][0]
    sql = f"CAST(strptime({text}, '%Y%m%d') AS DATE)"
    return [] if bad else [Conversion(name, sql, "whole numbers that hold dates as %Y%m%d")]


def _parts(rows: Rows, types: dict[str, ColumnType]) -> list[Conversion]:
    """One date out of year, month and day, where no column is a time."""
    of_word = {words(name)[0]: name for name in types if len(words(name)) == 1 and types[name] == "int64"}
    if "year" not in of_word or "month" not in of_word:
        return []
    year, month = quoted(of_word["year"]), quoted(of_word["month"])
    day = quoted(of_word["day"]) if "day" in of_word else "1"
    fits = rows.ask(
        f"SELECT min({year}) >= 1800 AND max({year}) <= 2200 AND min({month}) >= 1 AND max({month}) <= 12 "
        f"AND min({day}) >= 1 AND max({day}) <= 31 FROM raw"
    )[0][0]
    if not fits:
        return []
    name = next(one for one in ("event_date", "evergreen_date", "date_of_the_row") if one not in types)
    parts = "year and month" if day == "1" else "year, month and day"
    return [
        Conversion(
            name, f"make_date({year}, {month}, {day})", f"made of {parts}: time has an order", added=True
        )
    ]
