"""The forms in which text holds numbers and times: how each is recognised, and the SQL that reads it."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.drafting.rows import literal


@dataclass(frozen=True)
class Form:
    """One form; `{}` in the SQL is the text."""

    fits: str
    sql: str
    what: str
    twin: str = ""
    """The other form that the same text may be, when no value tells which."""
    by_type: bool = False
    """Whether extraction reads it so by the schema's type alone."""


_ZERO_FIRST = r"regexp_matches({}, '^[-+]?0\d')"
"""00501 is a code, not the number 501."""


def _matching(pattern: str, sql: str, what: str) -> Form:
    fits = f"regexp_full_match({{}}, {literal(pattern)}) AND NOT {_ZERO_FIRST}"
    return Form(fits, f"CAST({sql} AS DOUBLE)", what)


_ISO_DAY = r"\d{4}-\d{2}-\d{2}"
_ISO_TIME = _ISO_DAY + r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
_ZONE = r" ?(Z|UTC|[+-]\d{2}(:?\d{2})?)"

_NUMBERS = (
    Form(
        rf"regexp_full_match({{}}, '[-+]?\d{{1,18}}') AND NOT {_ZERO_FIRST}",
        "CAST({} AS BIGINT)",
        "whole numbers",
    ),
    Form(f"TRY_CAST({{}} AS DOUBLE) IS NOT NULL AND NOT {_ZERO_FIRST}", "CAST({} AS DOUBLE)", "numbers"),
    _matching(
        r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d{1,3}(\.\d+)?",
        "replace({}, ',', '')",
        "numbers with commas between the thousands",
    ),
    _matching(
        r"[-+]?\d{1,3}(\.\d{3})*(,\d+)?|[-+]?\d+(,\d+)?",
        "replace(replace({}, '.', ''), ',', '.')",
        "numbers with a decimal comma",
    ),
    _matching(
        r"[-+]?[$€£] ?\d[\d,]*(\.\d+)?|[-+]?\d[\d,]*(\.\d+)? ?[%€$£]",
        "regexp_replace({}, '[$€£%, ]', '', 'g')",
        "numbers with a currency or per-cent sign",
    ),
)

# A cast to TIMESTAMP ignores an offset; one to TIMESTAMPTZ takes text without an offset for local time.
_ISO = (
    Form(
        f"regexp_full_match({{}}, '{_ISO_DAY}') AND TRY_CAST({{}} AS DATE) IS NOT NULL",
        "CAST({} AS DATE)",
        "dates",
        by_type=True,
    ),
    Form(
        f"regexp_full_match({{}}, '{_ISO_TIME}') AND TRY_CAST({{}} AS TIMESTAMP) IS NOT NULL",
        "CAST({} AS TIMESTAMP)",
        "timestamps",
        by_type=True,
    ),
    Form(
        f"regexp_full_match({{}}, '{_ISO_TIME}{_ZONE}') AND TRY_CAST({{}} AS TIMESTAMPTZ) IS NOT NULL",
        "CAST({} AS TIMESTAMPTZ)",
        "timestamps",
        by_type=True,
    ),
)

_DAYS = (
    "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S")


def _written(day: str, time: str) -> Form:
    pattern = literal(day + time)
    # What %y reads has two digits; strptime reads the first two of four.
    fits = f"try_strptime({{}}, {pattern}) IS NOT NULL"
    swapped = day.translate({ord("m"): "d", ord("d"): "m"})
    return Form(
        fits,
        f"CAST(strptime({{}}, {pattern}) AS {'TIMESTAMP' if time else 'DATE'})",
        f"dates as {day + time}",
        twin=f"dates as {swapped + time}" if swapped in _DAYS else "",
    )


PLAIN = (*_NUMBERS, *_ISO)
"""Numbers, and times as ISO 8601 writes them; the likelier ones first."""

WRITTEN = tuple(_written(day, time) for day in _DAYS for time in _TIMES)
"""Times as people write them."""

LIKE_A_DATE = r"regexp_full_match({}, '[\w]+[-/. ] ?\w+,?[-/. ] ?\d{2,4}\b.*')"
"""What all of those have: three parts, a year last or first."""
