"""Why a request is not answered with a prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLD = 20
"""Most problems that an answer lists."""

LONGEST = 100
"""Characters of a name of the caller's that an answer repeats."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a request."""

    field: str
    message: str
    row: int | None = None

    def __post_init__(self) -> None:
        if len(self.field) > LONGEST:
            object.__setattr__(self, "field", f"{self.field[:LONGEST]}…")

    def __str__(self) -> str:
        place = "" if self.row is None else f" in row {self.row}"
        return f"{self.field!r}{place} {self.message}"


class RefusalError(Exception):
    """The request is answered with this status and these words."""

    def __init__(
        self,
        status: int,
        message: str,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The answer as JSON: `error` for people and stock clients, `problems` for programs."""
        told: dict[str, Any] = {"error": str(self)}
        if self.problems:
            shown = self.problems[:TOLD]
            more = len(self.problems) - len(shown)
            listed = "; ".join(str(problem) for problem in shown) + (f"; and {more} more" if more else "")
            told["error"] = f"{self}: {listed}"
            told["problems"] = [
                {"field": problem.field, "row": problem.row, "problem": problem.message} for problem in shown
            ]
        return told


def misfit(problems: Sequence[Problem]) -> RefusalError:
    """The refusal of well-formed rows that do not fit the model's schema."""
    return RefusalError(422, "the rows do not fit the model's inputs", problems)
