"""Rows held out, leaks ruled out, and both told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from components.contracts.errors import DataError
from components.contracts.reports import Part, PreparationReport
from components.contracts.schema import TableSchema
from components.contracts.sections import Preparation, Table
from components.preparation.labels import classes_of, positive_of, target_of
from components.preparation.leakage import require_none
from components.preparation.parts import Parts
from components.preparation.split import event_times, split


def prepare(
    rows: pa.Table, table: Table, schema: TableSchema, section: Preparation
) -> tuple[Parts, PreparationReport]:
    """Split the rows and see that nothing leaks.

    Raises:
        DataError: Columns are missing, the rows cannot be split, or they leak; all findings are named.
        UseCaseError: The use case asks for what the rows do not have.
    """
    _require_columns(rows, table, section)
    parts = split(rows, table, section.split)
    scores = require_none(rows, parts, table, schema, section)
    report = PreparationReport(
        split_by=parts.by,
        unlabelled=parts.unlabelled,
        **_summaries(rows, parts, table),
        single_scores=scores,
    )
    return parts, report


def _require_columns(rows: pa.Table, table: Table, section: Preparation) -> None:
    roles = (table.label, table.event_time, table.group, *table.key, *section.features.names())
    missing = sorted({name for name in roles if name is not None} - set(rows.column_names))
    if missing:
        raise DataError(
            "The snapshot lacks columns that the use case names; correct the query or the use case:", missing
        )


def _summaries(rows: pa.Table, parts: Parts, table: Table) -> dict[str, Part]:
    label = rows.column(table.label)
    classes = classes_of(label, table)
    positive = positive_of(classes, table)
    target = target_of(label, classes, table)
    times = None if table.event_time is None else event_times(rows, table)
    if positive is not None:
        target = (target == classes.index(positive)).astype(float)
    counted = len(classes) <= 2
    return {
        name: Part(
            rows=len(places),
            start=None if times is None else _instant(times[places].min()),
            end=None if times is None else _instant(times[places].max()),
            positives=float(target[places].mean()) if counted else None,
        )
        for name, places in parts.named().items()
    }


def _instant(microseconds: np.int64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))
