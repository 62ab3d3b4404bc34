"""What can go wrong through no fault of the code.

A step that raises one of these ends with its message and no traceback.

    EvergreenError
    ├── UseCaseError    a use-case file, or a value given in its place, is wrong
    ├── SourceError     a source cannot be read: its place, file and column
    ├── DataError       rows that may not be trained on, with every reason at once
    ├── ModelError      a model folder that is incomplete, altered or of another lock
    ├── StoreError      a store that cannot be read or written
    ├── RolloutError    a version that was to serve does not; what served before serves on
    └── ConflictError   another run changed what this one relied on
"""

from __future__ import annotations

from collections.abc import Sequence


class EvergreenError(Exception):
    """Base of every failure that a user can mend; the message says what, where and what to do next."""


class UseCaseError(EvergreenError):
    """A use-case file, or a value given in its place, is wrong."""


class SourceError(EvergreenError):
    """A source cannot be read."""


class DataError(EvergreenError):
    """Rows were read and may not be trained on."""

    def __init__(self, summary: str, reasons: Sequence[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join([summary, *(f"  - {reason}" for reason in self.reasons)]))


class ModelError(EvergreenError):
    """A model folder is incomplete, altered or was made under another lock."""


class StoreError(EvergreenError):
    """A store cannot be read or written."""


class RolloutError(EvergreenError):
    """A version that was to serve does not; what served before serves on."""


class ConflictError(EvergreenError):
    """Another run changed what this one relied on."""
