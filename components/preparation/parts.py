"""The three parts of a split, and whether each can do its work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from components.contracts.errors import DataError
from components.contracts.sections import Table
from components.preparation.labels import classes_of, target_of

By = Literal["time", "group", "label", "random"]

_ADVICE = {
    "time": "the event time has too few distinct values; split by another way or widen the window",
    "group": "there are too few groups, or one holds most rows; split by another way",
    "label": "there are too few rows; widen the window",
    "random": "there are too few rows; widen the window",
}


@dataclass(frozen=True)
class Parts:
    """Positions (n,) of the rows on each side, in order of event time when split by time."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    unlabelled: int
    """Rows that are in no part because they have no label."""
    by: By

    def named(self) -> dict[str, np.ndarray]:
        """The three sides by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def require_usable(parts: Parts, label: pa.ChunkedArray, table: Table) -> None:
    """See that each part has rows, and the classes that its work needs.

    Raises:
        DataError: With every part that does not, and what to do.
    """
    problems = [*_empty(parts)] or [*_lacking(parts, label, table)]
    if problems:
        raise DataError(
            f"The rows cannot be split by {parts.by} so that each part can do its work:", problems
        )


def _empty(parts: Parts) -> Iterator[str]:
    for name, places in parts.named().items():
        if not len(places):
            yield f"{name} has no rows: {_ADVICE[parts.by]}"


def _lacking(parts: Parts, label: pa.ChunkedArray, table: Table) -> Iterator[str]:
    classes = classes_of(label, table)
    if table.task == "regression":
        return
    if len(classes) < 2:
        yield f"all rows have the same {table.label!r}, {classes[0]!r}; widen the window"
        return
    target = target_of(label, classes, table)
    counts = {
        name: np.bincount(target[places], minlength=len(classes)) for name, places in parts.named().items()
    }
    for name, of_class in counts.items():
        if (of_class > 0).sum() == 1:
            only = classes[int(of_class.argmax())]
            yield (
                f"{name} holds only rows with {table.label!r} {only!r}; "
                "widen the window, hold out a larger share, or split by label"
            )
    if parts.by != "label":
        # A class may be new, or too rare to be on every side: evaluation counts its rows against the model.
        return
    for position in np.flatnonzero(counts["train"] == 0):
        rows = sum(int(of_class[position]) for of_class in counts.values())
        yield (
            f"{table.label!r} {classes[position]!r} has {rows} rows and none in train; "
            "leave it out or join it with another class in the query"
        )
