"""What computes a model's scores: the ONNX graph where there is one, else the scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np

from components.contracts.errors import ModelError
from components.contracts.model import ModelManifest
from components.contracts.prediction import ARROW, class_name
from components.serving.form import Rows

MISSING = "(missing)"
"""As in components/preparation/features.py, whose text decides; a test holds both equal."""
CALENDAR_UNITS = (10_000, 100)
"""What a month and a weekday are multiplied by where an instant is one number; the hour is what remains."""
LARGEST = float(np.finfo(np.float32).max)


class Engine(Protocol):
    """A loaded model."""

    name: str

    def scores(self, rows: Rows) -> np.ndarray:
        """Probabilities (n, k) in the order of the classes, or numbers (n,)."""


class OnnxEngine:
    """The graph under ONNX Runtime, on one thread: no scikit-learn, no table between the request and the model."""

    name = "onnx"

    def __init__(self, graph: bytes, manifest: ModelManifest) -> None:
        """Load a graph.

        Raises:
            ModelError: It does not load, or takes other inputs.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime has many kinds of them
            raise ModelError(f"the ONNX graph does not load: {type(error).__name__}: {error}") from error
        taken = {node.name for node in self._session.get_inputs()}
        inputs = [column for column in manifest.inputs if column.name in taken]
        named = [
            (make, [column.name for column in inputs if column.treatment == treatment])
            for treatment, make in _FEEDS.items()
        ]
        self._feeds = [(make, names) for make, names in named if names]
        self._output = [self._session.get_outputs()[-1].name]
        self._is_regression = manifest.task == "regression"

    def scores(self, rows: Rows) -> np.ndarray:
        """Probabilities (n, k) in the order of the classes, or numbers (n,)."""
        columns = rows.columns
        feed: dict[str, np.ndarray] = {}
        for make, names in self._feeds:
            feed.update(zip(names, make([columns[name] for name in names], rows.count), strict=True))
        try:
            (found,) = self._session.run(self._output, feed)
        except Exception as error:  # the runtime has many kinds of them
            raise ModelError(f"the ONNX graph fails: {type(error).__name__}: {error}") from error
        return np.asarray(found.reshape(-1) if self._is_regression else found, dtype=np.float64)


class SklearnEngine:
    """The pipeline itself, for what does not convert."""

    name = "scikit-learn"

    def __init__(self, model: Any) -> None:
        self._model = model

    def scores(self, rows: Rows) -> np.ndarray:
        """Probabilities (n, k) in the order of the classes, or numbers (n,)."""
        import pyarrow as pa

        inputs = self._model.manifest.inputs
        arrays = {column.name: pa.array(rows.columns[column.name], ARROW[column.type]) for column in inputs}
        return np.asarray(self._model.scores(pa.table(arrays)), dtype=np.float64)


# Columns of one treatment become (m, n, 1), all at once: for one row, each call of NumPy costs more than its work.


def _numbers(columns: Sequence[Sequence[Any]], count: int) -> np.ndarray:
    found = np.array(columns, dtype=np.float64)  # None becomes NaN, and a boolean 0 or 1
    np.minimum(np.maximum(found, -LARGEST, out=found), LARGEST, out=found)
    return found.astype(np.float32).reshape(-1, count, 1)


def _texts(columns: Sequence[Sequence[Any]], count: int) -> np.ndarray:
    found = np.empty((len(columns), count, 1), dtype=object)
    found[:, :, 0] = [
        [MISSING if value is None else class_name(value) for value in values] for values in columns
    ]
    return found


def _calendar(columns: Sequence[Sequence[Any]], count: int) -> np.ndarray:
    found = np.array([[_parts(value) for value in values] for values in columns], dtype=np.float32)
    return found.reshape(-1, count, 1)


def _parts(value: date | None) -> float:
    """Month, weekday and hour as the digits of one number, which the graph takes apart: it has no calendar."""
    if value is None:
        return np.nan
    month, weekday = CALENDAR_UNITS
    return value.month * month + value.weekday() * weekday + getattr(value, "hour", 0)


_FEEDS: Mapping[str, Callable[[Sequence[Sequence[Any]], int], np.ndarray]] = {
    "numeric": _numbers,
    "categorical": _texts,
    "calendar": _calendar,
}
