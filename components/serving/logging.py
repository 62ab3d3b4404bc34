"""The seam to the prediction log, and a predictor's predictions as the log keeps them."""

from __future__ import annotations

from collections.abc import Sequence
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

    def append(self, rows: pa.RecordBatch) -> None:
        """Keep predictions: they are on this machine's disk when it returns.

        Raises:
            StoreError: They cannot be kept, and nothing may be answered that is not kept.
        """

    def close(self) -> None:
        """Finish what was begun."""


class NoLog:
    """Keeps nothing: for where no place is set."""

    def append(self, rows: pa.RecordBatch) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Nothing was begun."""


class Recorder:
    """One release's predictions as record batches of `contracts.prediction`."""

    def __init__(self, release: Release, manifest: ModelManifest) -> None:
        self._manifest = manifest
        self.schema = words.log_schema(manifest, manifest.keys, manifest.label_type)
        self._whose = (release.use_case, release.version, release.digest)

    def batch(self, ids: Sequence[str], now: datetime, rows: Rows, answers: Answers) -> pa.RecordBatch:
        """Predictions in the log's columns.

        Args:
            ids: Of each row.
            now: When they are answered.
            rows: What was asked.
            answers: What was answered.
        """
        manifest, count = self._manifest, rows.count
        nothing = [None] * count
        times = [now] * count
        event = manifest.event_time
        happened = times if event is None else rows.columns.get(event.name, nothing)
        values: list[Any] = [
            ids,
            times,
            [now if instant is None else _instant(instant) for instant in happened],
            *([name] * count for name in self._whose),
            *(rows.columns.get(column.name, nothing) for column in manifest.keys),
            *(rows.columns[column.name] for column in manifest.inputs),
        ]
        if manifest.task == "regression":
            values.append(answers.scores)
        else:
            values += [answers.labels, *answers.scores.T]
        arrays = [pa.array(value, field.type) for value, field in zip(values, self.schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _instant(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
