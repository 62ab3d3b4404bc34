"""The seam to the prediction log, and a predictor's predictions as the log keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

import pyarrow as pa

from components.contracts import prediction as words
from components.contracts.model import ModelManifest
from components.contracts.release import Release
from components.serving.form import Rows
from components.serving.outputs import Answers


class PredictionLog(Protocol):
    """Keeps what was predicted. It is called from several threads."""

    waits_for_disk: bool
    """Whether keeping waits for the disk, each time; else the system's memory takes it."""

    def append(self, rows: pa.RecordBatch) -> None:
        """Keep predictions: they are on this machine's disk when it returns.

        Raises:
            StoreError: They cannot be kept, and nothing may be answered that is not kept.
        """

    def close(self) -> None:
        """Finish what was begun."""

    def append_rows(self, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
        """The same for a few rows as plain values, which is cheaper than to make a batch of them.

        Raises:
            StoreError: As `append`.
        """


FEW = 16
"""Up to so many rows go to the log as plain values: a batch costs 0.1 ms of its own, whatever is in it."""


class Recorder:
    """One release's predictions as rows of `contracts.prediction`."""

    def __init__(self, release: Release, manifest: ModelManifest) -> None:
        self._manifest = manifest
        self.schema = words.log_schema(manifest, manifest.keys, manifest.label_type)
        self._names = self.schema.names
        self._whose = (release.use_case, release.version, release.digest)
        self._event_time = None if manifest.event_time is None else manifest.event_time.name
        self._keys = [column.name for column in manifest.keys]
        self._inputs = [column.name for column in manifest.inputs]

    def keep(
        self, log: PredictionLog, ids: Sequence[str], now: datetime, rows: Rows, answers: Answers
    ) -> None:
        """Bring predictions to the log.

        Args:
            log: Where to.
            ids: Of each row.
            now: When they are answered.
            rows: What was asked.
            answers: What was answered.

        Raises:
            StoreError: They cannot be kept.
        """
        values = self._columns(ids, now, rows, answers)
        if rows.count <= FEW:
            log.append_rows(
                [dict(zip(self._names, row, strict=True)) for row in zip(*values, strict=True)], self.schema
            )
            return
        arrays = [pa.array(value, field.type) for value, field in zip(values, self.schema, strict=True)]
        log.append(pa.RecordBatch.from_arrays(arrays, schema=self.schema))

    def _columns(
        self, ids: Sequence[str], now: datetime, rows: Rows, answers: Answers
    ) -> list[Sequence[Any]]:
        """Values in the order of the schema."""
        columns, count = rows.columns, rows.count
        nothing = [None] * count
        happened = nothing if self._event_time is None else columns.get(self._event_time, nothing)
        values = [
            ids,
            [now] * count,
            [now if value is None else instant(value) for value in happened],
            *[[name] * count for name in self._whose],
            *[columns.get(name, nothing) for name in self._keys],
            *[columns[name] for name in self._inputs],
        ]
        if self._manifest.task == "regression":
            return [*values, answers.labels]
        return [*values, answers.labels, *answers.scores.T.tolist()]


def instant(value: date) -> datetime:
    """When a row happened, of a column of instants or of dates."""
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
