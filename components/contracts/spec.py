"""The base of everything that is configured, and the words for time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

from dateutil.relativedelta import relativedelta
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

_PERIOD = re.compile(r"^(\d+) (hour|day|week|month|year)s?$")


class Spec(BaseModel):
    """Immutable, and strict about unknown keys.

    What is on by default and turned off by null is written as `false` where nulls are left out, as for KFP, which takes
    none: were it left out too, it would be on again for whoever reads it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _turned_off(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        off = [name for name in cls._switches() if values.get(name) is False]
        return values | dict.fromkeys(off)

    @model_serializer(mode="wrap")
    def _without_nulls(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        told = handler(self)
        off = [name for name in self._switches() if info.exclude_none and getattr(self, name) is None]
        return told | dict.fromkeys(off, False) if off else told

    @classmethod
    def _switches(cls) -> list[str]:
        return [
            name
            for name, field in cls.model_fields.items()
            if type(None) in get_args(field.annotation)
            and not field.is_required()
            and field.default is not None
        ]


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
