"""A model's golden rows, asked of a predictor: whether it answers as the model did when it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from components.contracts.errors import RolloutError
from components.contracts.model import Golden, ModelManifest
from components.contracts.prediction import class_name
from components.contracts.release import Release
from components.serving.equality import allowed
from components.stores.folders import ONNX, read_golden, read_manifest
from components.stores.models import Model

REPLAY_HEADER = "x-evergreen-replay"
"""Marks a request whose predictions nobody acts on. Where models may be replaced, these are not logged."""


class Asked(Protocol):
    """A predictor that has the model."""

    def predictions(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The prediction of each row, as the v1 protocol tells it."""


def distance(predictor: Asked, manifest: ModelManifest, golden: Golden) -> float:
    """The largest difference of a score from the one offline.

    Infinite where a prediction is missing, is no number, or has a label that its own scores contradict.

    Args:
        predictor: It has the model.
        manifest: The model's.
        golden: Its rows, one at least, and what it answered to them.
    """
    told = predictor.predictions(golden.rows)
    found, expected = scores(told, manifest), np.asarray(golden.scores, dtype=float)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return math.inf
    if manifest.task == "classification":
        labels = Model(manifest, pipeline=None).decide(found).tolist()
        if labels != [prediction["label"] for prediction in told]:
            return math.inf
    return float(np.abs(found - expected).max())


def tolerance(manifest: ModelManifest, golden: Golden) -> float:
    """How far a score may lie off, by what serves the model."""
    return allowed(manifest, ONNX not in manifest.files, np.asarray(golden.scores, dtype=float))


def require_golden(predictor: Asked, release: Release) -> None:
    """Hold a predictor to the golden rows of the release that it serves.

    Raises:
        RolloutError: It answers otherwise.
        ModelError: The release's folder cannot be understood.
        StoreError: The store cannot be read.
    """
    manifest, golden = read_manifest(release.address), read_golden(release.address)
    apart = distance(predictor, manifest, golden)
    if not apart <= tolerance(manifest, golden):
        raise RolloutError(
            f"version {release.version} of {release.use_case} answers its golden rows otherwise than it did offline, "
            f"by {apart:.3g} at most; train it again"
        )


def scores(told: Sequence[Mapping[str, Any]], manifest: ModelManifest) -> np.ndarray:
    """The scores (n, k) of predictions in the order of the classes, or their numbers (n, 1)."""
    if manifest.task == "regression":
        return np.array([[prediction["value"]] for prediction in told], dtype=float)
    names = [class_name(value) for value in manifest.classes]
    return np.array(
        [[prediction["probabilities"][name] for name in names] for prediction in told], dtype=float
    )
