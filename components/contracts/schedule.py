"""What of a use case runs by the clock alone."""

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
    """What runs by the clock alone: each a cron expression in UTC, as in `0 5 1 * *`; what is left out does not."""

    cron: Cron | None = Field(default=None, description="When it is trained, whatever monitoring says.")
    monitoring: Cron | None = Field(
        default=None, description="When what it served is judged, and trained again if that is worth it."
    )
    materialization: Cron | None = Field(
        default=None, description="When the features that it looks up are brought online."
    )

    def clocks(self) -> dict[str, str | None]:
        """Each pipeline that can run by the clock, and when it does."""
        return {
            "training": self.cron,
            "monitoring": self.monitoring,
            "materialization": self.materialization,
        }


def seconds_first(cron: str) -> str:
    """A cron expression for KFP, whose expressions begin with the second."""
    return f"0 {cron}"
