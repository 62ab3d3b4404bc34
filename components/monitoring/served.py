"""Rows of the prediction log as the other steps know rows: inputs by their own names, answers as scores."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from components.contracts.model import ModelManifest
from components.contracts.prediction import EVENT_TIME, INPUTS, PROBABILITY, VALUE, class_name
from components.contracts.sections import Scalar, Table
from components.evaluation.predictions import Floats, Predictions, all_classes, classify, encode

TRUTH = "truth"
"""Column beside those of the log: what happened, null while it is not known."""

TRUTH_TIME = "truth.time"
"""When that was known first, where the source tells."""

EXPECTED = "truth.expected"
"""Whether the row is old enough to have a label."""

DAY = "day"
"""The day of the row's event time, counted from 1970."""


def answer_columns(manifest: ModelManifest) -> list[str]:
    """The columns that hold a model's scores, in the order of its classes."""
    if manifest.task == "regression":
        return [VALUE]
    return [PROBABILITY + class_name(value) for value in manifest.classes]


def scores_of(rows: pa.Table, manifest: ModelManifest) -> Floats:
    """(n, k) probabilities in the order of the model's classes, or (n,) numbers."""
    columns = [rows[name].cast(pa.float64()).to_numpy() for name in answer_columns(manifest)]
    return columns[0] if manifest.task == "regression" else np.column_stack(columns)


def answers(scores: Floats, manifest: ModelManifest) -> dict[str, pa.Array]:
    """Scores as columns of the log."""
    columns = scores[:, None] if scores.ndim == 1 else scores
    return {name: pa.array(columns[:, place]) for place, name in enumerate(answer_columns(manifest))}


def plain(rows: pa.Table, manifest: ModelManifest, table: Table, slices: list[str]) -> pa.Table:
    """Inputs, label and event time under the names that the use case gives them.

    Args:
        rows: Of the log, with the truth.
        manifest: The model that answered.
        table: The use case's section.
        slices: Columns that are wanted too, where they are logged as inputs.
    """
    names = list(dict.fromkeys([*(column.name for column in manifest.inputs), *slices]))
    columns = {name: rows[INPUTS + name] for name in names if INPUTS + name in rows.column_names}
    if table.event_time is not None:
        columns[table.event_time] = rows[EVENT_TIME]
    return pa.table(columns | {table.label: rows[TRUTH]})


def predictions(
    labels: pa.ChunkedArray, scores: Floats, manifest: ModelManifest, classes: tuple[Scalar, ...]
) -> Predictions:
    """A model's answers to labelled rows."""
    if manifest.task == "regression":
        return Predictions(labels.cast(pa.float64()).to_numpy(), scores)
    return classify(encode(labels.to_pylist(), classes), scores, manifest, classes)


def classes_among(labels: pa.ChunkedArray, *manifests: ModelManifest) -> tuple[Scalar, ...]:
    """Every class that a model knows or that occurs; none for a regression."""
    if manifests[0].task == "regression":
        return ()
    return all_classes(labels.unique().to_pylist(), manifests)
