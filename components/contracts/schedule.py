"""When a use case is trained by the clock alone."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from components.contracts.spec import Spec

_FIELD = r"(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*"
_CRON = re.compile(rf"^{_FIELD}( {_FIELD}){{4}}$")


def _checked(text: str) -> str:
    if not _CRON.match(text):
        raise ValueError(
            f"{text!r} is not a schedule; write minute, hour, day of month, month and day of week, as in '0 5 1 * *'"
        )
    return text


Cron = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "format": "cron", "pattern": _CRON.pattern}),
]
"""Minute, hour, day of month, month, day of week; in UTC."""


class Schedule(Spec):
    """When a pipeline runs by the clock alone."""

    cron: Cron = Field(description="Minute, hour, day of month, month, day of week, in UTC: `0 5 1 * *`.")

    def seconds_first(self) -> str:
        """The same for KFP, whose expressions begin with the second."""
        return f"0 {self.cron}"
