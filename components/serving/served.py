"""A release that is loaded: it takes rows that fit and gives answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from components.contracts.errors import ModelError
from components.contracts.model import ModelManifest
from components.contracts.prediction import class_name
from components.contracts.release import Release
from components.serving.engines import Engine
from components.serving.form import Form, Rows
from components.serving.logging import Recorder
from components.serving.lookup import View
from components.serving.metrics import Counts, not_finite
from components.serving.outputs import Answers, outputs
from components.serving.refusal import Problem, RefusalError


class Served:
    """One release in memory. A request that began with it ends with it, whatever replaces it meanwhile."""

    def __init__(self, release: Release, manifest: ModelManifest, engine: Engine, since: datetime) -> None:
        self.release = release
        self.manifest = manifest
        self.engine = engine
        self.since = since
        self.form = Form(manifest)
        self.views = _views(manifest)
        self.outputs = outputs(manifest)
        self.recorder = Recorder(release, manifest)
        self.classes = tuple(class_name(value) for value in manifest.classes)
        self.counts = Counts(self)

    @property
    def is_regression(self) -> bool:
        """Whether it predicts numbers."""
        return self.manifest.task == "regression"

    def answer(self, rows: Rows) -> Answers:
        """Scores and labels.

        Raises:
            RefusalError: The model has no finite number for a row.
        """
        scores = self.engine.scores(rows)
        finite = np.isfinite(scores)
        if not finite.all():
            bad = np.flatnonzero(~finite if finite.ndim == 1 else ~finite.all(axis=1))
            not_finite(len(bad))
            raise RefusalError(
                422,
                "the model gives no finite number",
                [Problem(self.manifest.label, "is not finite", int(i)) for i in bad],
            )
        return Answers(scores, self.labels(scores))

    def labels(self, scores: np.ndarray) -> list[Any]:
        """Classes by threshold or probability, in their own type; for regression the numbers.

        As `Model.decide`, which is made for many rows: for one it takes ten times as long.
        """
        if self.is_regression:
            return list(scores.tolist())
        classes, threshold = self.manifest.classes, self.manifest.threshold
        if threshold is None:
            return [classes[position] for position in scores.argmax(axis=1).tolist()]
        positive = self.manifest.positive_position
        by_reach = (classes[1 - positive], classes[positive])
        return [by_reach[score >= threshold] for score in scores[:, positive].tolist()]

    def single(self, requests: Sequence[dict[str, Any]]) -> Answers:
        """The answers to rows as callers send them, checks included: what a prediction costs without its transport."""
        return self.answer(self.form.of_objects(requests))


def _views(manifest: ModelManifest) -> tuple[View, ...]:
    try:
        return View.all_of(manifest)
    except ValueError as error:
        raise ModelError(f"a default of extraction.features {error}; train it again with another") from error
