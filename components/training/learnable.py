"""Prepared rows as algorithms take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from components.contracts.model import Input, inputs_of
from components.contracts.schema import TableSchema
from components.contracts.sections import Preparation, Scalar, Table
from components.preparation.codes import codes_of
from components.preparation.features import to_frame
from components.preparation.labels import classes_of, positive_of, target_of
from components.preparation.split import event_times, way


@dataclass(frozen=True)
class Learnable:
    """Train and validation rows, the first before the others."""

    frame: pd.DataFrame
    """What `to_frame` gives."""
    target: np.ndarray
    """Positions in `classes` (n,), or numbers."""
    train_rows: int
    inputs: tuple[Input, ...]
    classes: tuple[Scalar, ...]
    """Empty for regression."""
    positive: Scalar | None
    times: np.ndarray | None
    """Event times (n,) in microseconds, ascending within train, for a split by time."""
    groups: np.ndarray | None
    """Group numbers (n,), for a split by group."""
    until: datetime | None
    """Last event time."""

    @property
    def positive_position(self) -> int | None:
        """Where the positive class is in `classes`, when there are two."""
        return None if self.positive is None else self.classes.index(self.positive)


def learnable(
    train_rows: pa.Table,
    validation_rows: pa.Table,
    table: Table,
    schema: TableSchema,
    preparation: Preparation,
) -> Learnable:
    """Bring prepared rows into the form that algorithms take.

    Raises:
        DataError: The rows do not fit the features.
        UseCaseError: The positive class does not occur.
    """
    rows = pa.concat_tables([train_rows, validation_rows])
    by = way(table, preparation.split)
    inputs = inputs_of(preparation.features, schema)
    classes = classes_of(rows.column(table.label), table)
    times = None if table.event_time is None else event_times(rows, table)
    return Learnable(
        frame=to_frame(rows, inputs),
        target=target_of(rows.column(table.label), classes, table),
        train_rows=train_rows.num_rows,
        inputs=inputs,
        classes=classes,
        positive=positive_of(classes, table),
        times=times if by == "time" else None,
        groups=codes_of(rows.column(table.group)) if by == "group" else None,
        until=None
        if times is None
        else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(times.max())),
    )
