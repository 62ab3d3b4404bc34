"""What a model folder says about itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from components.contracts.features import KeyedView
from components.contracts.metrics import Task
from components.contracts.reports import Report
from components.contracts.schema import Column, ColumnType, TableSchema
from components.contracts.sections import Features, Scalar

Treatment = Literal["numeric", "categorical", "calendar"]


class Input(Column):
    """A column that the model takes, and how it reads it."""

    treatment: Treatment


class Golden(Report):
    """Rows and a model's answers to them: who loads the model somewhere else can tell that it is the same there."""

    rows: tuple[dict[str, Any], ...]
    """As a caller sends them: JSON values of the inputs, instants and dates as ISO 8601."""
    scores: tuple[tuple[float, ...], ...]
    """Of each row: probabilities in the order of the classes, or the one predicted number. From scikit-learn."""


class ModelManifest(Report):
    """What a model is, what it takes, and what it was made from."""

    task: Task
    label: str
    classes: tuple[Scalar, ...] = ()
    """In sorted order, which is the order of the scores; empty for regression."""
    positive: Scalar | None = None
    """With two classes, the one whose probability is the score."""
    threshold: float | None = None
    """With two classes, from which probability on the positive one is predicted."""
    inputs: tuple[Input, ...]
    """In the model's order."""
    algorithm: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Hyperparameters that differ from the algorithm's defaults."""
    snapshot: str
    """Digest of the snapshot."""
    trained_until: datetime | None = None
    """Last event time that the model was fitted on."""
    keys: tuple[Column, ...] = ()
    """The columns that name a row; a request may carry them."""
    event_time: Column | None = None
    """The column that tells when a row happened; a request may carry it."""
    lookups: tuple[KeyedView, ...] = ()
    """Inputs that a request may leave out when it has a view's keys."""
    label_type: ColumnType = "string"
    """Of the label in the schema."""
    onnx_absence: str | None = None
    """Why there is no ONNX graph and scikit-learn serves the model, where it is so."""

    # `write_model` adds what follows.
    lock: str = ""
    """SHA-256 of the requirements.lock that the model was made under."""
    libraries: dict[str, str] = Field(default_factory=dict)
    """Library to version."""
    features_code: str = ""
    """SHA-256 of the source of components/preparation/features.py, which is part of the model."""
    files: dict[str, str] = Field(default_factory=dict)
    """Relative name to SHA-256, of every other file in the folder."""

    @property
    def positive_position(self) -> int:
        """Where the positive class is in `classes`.

        Raises:
            ValueError: There is no positive class, because there are not two.
        """
        if self.positive is None:
            raise ValueError(f"{self.label} has no positive class")
        return self.classes.index(self.positive)

    def optional(self) -> tuple[Column, ...]:
        """What a request may carry besides the inputs: what names a row and a view's values, and when the row happened."""
        event_time = () if self.event_time is None else (self.event_time,)
        keys = [Column(name=name, type=kind) for view in self.lookups for name, kind in view.keys.items()]
        inputs = {column.name for column in self.inputs}
        named = {column.name: column for column in (*keys, *self.keys, *event_time)}
        return tuple(column for name, column in named.items() if name not in inputs)


def inputs_of(features: Features, schema: TableSchema) -> tuple[Input, ...]:
    """The declared features as a model's inputs, in the order the model takes them.

    Raises:
        KeyError: The schema has no such column; `UseCase.check` finds this earlier, and all of them.
    """

    def treated(names: Iterable[str], treatment: Treatment) -> list[Input]:
        return [Input(**schema.column(name).model_dump(), treatment=treatment) for name in names]

    return (
        *treated(features.numeric, "numeric"),
        *treated(features.categorical, "categorical"),
        *treated(features.calendar, "calendar"),
    )
