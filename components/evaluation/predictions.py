"""What happened and what each model said of it, in one encoding for all models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.contracts.model import ModelManifest
from components.contracts.sections import Scalar

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Predictions:
    """The labels of n rows and one model's answers."""

    labels: npt.NDArray[np.float64 | np.int64]
    """(n,) positions of classes, or numbers."""
    scores: Floats
    """(n, k) probabilities of the classes, or (n,) numbers."""
    decided: Integers | None = None
    """(n,) positions of the predicted classes; None for regression."""
    positive: int | None = None
    """With two classes, the position of the one whose probability is the score."""

    @property
    def finite(self) -> npt.NDArray[np.bool_]:
        """(n,) whether a row's answer is all finite numbers."""
        found = np.isfinite(self.scores)
        return np.asarray(found if found.ndim == 1 else found.all(axis=1))

    @property
    def positive_scores(self) -> Floats:
        """(n,) with two classes, the probability of the positive one."""
        return np.asarray(self.scores[:, self.positive])

    @property
    def is_positive(self) -> npt.NDArray[np.bool_]:
        """(n,) with two classes, whether the row is of the positive one."""
        return np.asarray(self.labels == self.positive)

    def take(self, rows: npt.NDArray[np.int64]) -> Predictions:
        """The same of some rows."""
        decided = None if self.decided is None else self.decided[rows]
        return Predictions(self.labels[rows], self.scores[rows], decided, self.positive)


def all_classes(labels: Sequence[Scalar], manifests: Sequence[ModelManifest]) -> tuple[Scalar, ...]:
    """Every class that a model knows or that occurs: the first model's in its order, then the others'.

    A class that a model does not know gets probability 0 from it, so that its rows count against the model.
    """
    known = [name for manifest in manifests for name in manifest.classes]
    return tuple(dict.fromkeys([*known, *sorted(set(labels) - set(known), key=str)]))


def encode(labels: Sequence[Scalar], classes: Sequence[Scalar]) -> Integers:
    """The position of each label in `classes`."""
    position = {name: index for index, name in enumerate(classes)}
    return np.fromiter((position[label] for label in labels), dtype=np.int64, count=len(labels))


def classify(
    labels: Integers, scores: Floats, manifest: ModelManifest, classes: Sequence[Scalar]
) -> Predictions:
    """One classifier's answers in the encoding of all models.

    Args:
        labels: (n,) positions in `classes`.
        scores: (n, k) probabilities in the order of the model's own classes.
        manifest: What the model says about itself; its threshold decides between two classes.
        classes: The classes of all models, as `all_classes` gives them.
    """
    own = encode(manifest.classes, classes)
    aligned = np.zeros((len(labels), len(classes)))
    aligned[:, own] = scores
    chosen = scores.argmax(axis=1)
    positive = None if manifest.positive is None else manifest.classes.index(manifest.positive)
    if positive is not None and manifest.threshold is not None:
        chosen = np.where(scores[:, positive] >= manifest.threshold, positive, 1 - positive)
    return Predictions(labels, aligned, own[chosen], None if positive is None else int(own[positive]))
