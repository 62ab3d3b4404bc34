"""The base of everything that is configured, and the words for time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from dateutil.relativedelta import relativedelta
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

_PERIOD = re.compile(r"^(\d+) (hour|day|week|month|year)s?$")


class Spec(BaseModel):
    """Immutable, and strict about unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def period(text: str) -> relativedelta:
    """Calendar arithmetic for a text such as `12 months`.

    Raises:
        ValueError: The text is not a whole number and a unit.
    """
    match = _PERIOD.match(text)
    if match is None:
        raise ValueError(
            f"{text!r} is not a period; write a whole number and hours, days, weeks, months or years, as in '12 months'"
        )
    return relativedelta(**{f"{match[2]}s": int(match[1])})  # type: ignore[arg-type]


def _checked(text: str) -> str:
    period(text)
    return text


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _day_or_instant(value: Any) -> Any:
    # pydantic takes a number, also one in a text, for seconds since 1970.
    if isinstance(value, int | float) or (
        isinstance(value, str) and value.strip().lstrip("+-").replace(".", "").isdigit()
    ):
        raise ValueError("an instant is a date or a date and time, as in 2013-01-01 or 2013-01-01T06:00:00Z")
    return value


Period = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "format": "period", "pattern": _PERIOD.pattern}),
]
"""A length of calendar time, as in `59 days` or `12 months`."""

Instant = Annotated[
    datetime,
    BeforeValidator(_day_or_instant),
    AfterValidator(_utc),
    # Not JSON Schema's "date-time": that demands a time of day and a zone.
    WithJsonSchema({"type": "string", "format": "instant", "pattern": r"^\d{4}-\d{2}-\d{2}([T ].+)?$"}),
]
"""A point in time, in UTC; a date means its midnight."""
