"""Answers of a model as rows of predictions, in the columns of the prediction log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.model import ModelManifest
from components.contracts.prediction import (
    EVENT_TIME,
    ID,
    INPUTS,
    INSTANT,
    KEYS,
    LABEL,
    MODEL,
    PROBABILITY,
    TIME,
    USE_CASE,
    VALUE,
    VERSION,
    class_name,
    log_schema,
)
from components.contracts.schema import TableSchema
from components.contracts.sections import Table

Decision = Callable[[np.ndarray], np.ndarray]

_BETWEEN, _NOTHING = "\x1f", "\x00"


@dataclass(frozen=True)
class Origin:
    """Whose predictions, and as of when."""

    use_case: str
    version: str
    """The model's number in the registry."""
    model: str
    """Digest of the model folder."""
    as_of: datetime


@dataclass(frozen=True)
class Layout:
    """Which columns predictions have, and what names a row."""

    origin: Origin
    manifest: ModelManifest
    table: Table
    schema: pa.Schema

    @classmethod
    def of(cls, origin: Origin, manifest: ModelManifest, table: Table, schema: TableSchema) -> Layout:
        """The layout of one model's predictions."""
        label = schema.column(table.label).type if manifest.task == "classification" else "string"
        return cls(origin, manifest, table, log_schema(manifest, schema.select(table.key), label))

    def rows(self, rows: pa.Table, scores: np.ndarray, decide: Decision, first: int) -> pa.Table:
        """Predictions.

        Args:
            rows: The rows (n) that were scored.
            scores: (n, k) probabilities in the order of the model's classes, or (n,) numbers.
            decide: Gives the labels (n,) of probabilities.
            first: Position of the first row in its snapshot, which names rows without a key.
        """
        n, origin = rows.num_rows, self.origin
        moment = pa.repeat(pa.scalar(origin.as_of, INSTANT), n)
        event = self.table.event_time
        columns = {
            ID: self._ids(rows, first),
            TIME: moment,
            EVENT_TIME: moment if event is None else pc.coalesce(rows[event].cast(INSTANT), moment),
            USE_CASE: pa.repeat(origin.use_case, n),
            VERSION: pa.repeat(origin.version, n),
            MODEL: pa.repeat(origin.model, n),
            **{KEYS + name: rows[name] for name in self.table.key},
            **{INPUTS + column.name: rows[column.name] for column in self.manifest.inputs},
            **self._outputs(scores, decide),
        }
        return pa.Table.from_arrays(
            [_cast(columns[field.name], field.type) for field in self.schema], schema=self.schema
        )

    def _outputs(self, scores: np.ndarray, decide: Decision) -> dict[str, pa.Array]:
        if self.manifest.task == "regression":
            return {VALUE: pa.array(scores, pa.float64())}
        named = [PROBABILITY + class_name(name) for name in self.manifest.classes]
        probabilities = {name: pa.array(scores[:, place], pa.float64()) for place, name in enumerate(named)}
        return {LABEL: pa.array(decide(scores), self.schema.field(LABEL).type), **probabilities}

    def _ids(self, rows: pa.Table, first: int) -> pa.Array:
        """The same row scored by the same model has the same id, whenever that is."""
        names = [*([self.table.event_time] if self.table.event_time else []), *self.table.key]
        parts = [rows[name].cast(pa.string()) for name in names if self.table.key]
        parts = parts or [pa.array(range(first, first + rows.num_rows)).cast(pa.string())]
        joined = pc.binary_join_element_wise(
            *parts, _BETWEEN, null_handling="replace", null_replacement=_NOTHING
        )
        whose = f"{self.origin.use_case}{_BETWEEN}{self.origin.model}{_BETWEEN}"
        return pa.array(
            [hashlib.sha256((whose + text).encode()).hexdigest()[:32] for text in joined.to_pylist()]
        )


def _cast(values: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return values if values.type == kind else values.cast(kind)
