"""What a model gives back, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts.model import ModelManifest
from components.contracts.prediction import class_name
from components.contracts.schema import ColumnType

PROBABILITY = "probability."
"""What an output's name begins with, before the class."""

DATATYPES: dict[ColumnType, str] = {
    "float64": "FP64",
    "int64": "INT64",
    "boolean": "BOOL",
    "string": "BYTES",
    "timestamp": "BYTES",
    "date": "BYTES",
}
"""What a column's values are called in the Open Inference Protocol."""


@dataclass(frozen=True)
class Answers:
    """What a model says to rows."""

    scores: np.ndarray
    """(n, k) probabilities in the order of the classes, or (n,) numbers."""
    labels: list[Any]
    """(n,) classes, or the numbers."""


@dataclass(frozen=True)
class Output:
    """One of the model's outputs, and how it is made of ids and answers."""

    name: str
    datatype: str
    data: Callable[[list[str], Answers], list[Any]]


def outputs(manifest: ModelManifest) -> dict[str, Output]:
    """All outputs of a model by name: `id`, and `value` or `label`, `probability.CLASS` and `threshold`."""
    named = [Output("id", "BYTES", lambda ids, answers: ids)]
    if manifest.task == "regression":
        named.append(Output("value", "FP64", lambda ids, answers: answers.labels))
    else:
        named.append(Output("label", DATATYPES[manifest.label_type], lambda ids, answers: answers.labels))
        names = [PROBABILITY + class_name(value) for value in manifest.classes]
        named += [Output(name, "FP64", _column(k)) for k, name in enumerate(names)]
    threshold = manifest.threshold
    if threshold is not None:
        named.append(Output("threshold", "FP64", lambda ids, answers: [threshold] * len(ids)))
    return {output.name: output for output in named}


def _column(k: int) -> Callable[[list[str], Answers], list[Any]]:
    return lambda ids, answers: list(answers.scores[:, k].tolist())
