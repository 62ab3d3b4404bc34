"""The models that meet on the same rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.contracts.errors import EvergreenError
from components.contracts.model import ModelManifest
from components.evaluation.predictions import Floats
from components.stores.models import Model, digest, read_model
from components.stores.past import read_past_model


@dataclass(frozen=True)
class Contender:
    """A model and its answers to the held-out rows."""

    model: Model
    digest: str
    scores: Floats
    """(n, k) probabilities in the order of the model's classes, or (n,) numbers."""

    @property
    def manifest(self) -> ModelManifest:
        """What the model says about itself."""
        return self.model.manifest


@dataclass(frozen=True)
class Contenders:
    """Who was measured."""

    folder: Path
    """The candidate's."""
    candidate: Contender
    baseline: Contender
    champion: Contender | None = None
    champion_model: str | None = None
    """Digest of the champion, also when it could not be measured."""
    absence: str | None = None
    """Why there is a champion that could not be measured."""


def meet(folder: Path, baseline: Path, champion: str, rows: pa.Table) -> Contenders:
    """Load the models and let them answer.

    A champion that cannot answer here does not stop the others: it is named with the reason.

    Args:
        folder: The candidate's.
        baseline: The baseline's folder.
        champion: Address of the champion; empty when there is none.
        rows: Held-out rows.

    Raises:
        ModelError: The candidate or the baseline cannot be loaded.
        DataError: The rows do not fit them.
    """
    candidate, dull = (_contender(place, read_model(place), rows) for place in map(str, (folder, baseline)))
    met = Contenders(folder, candidate, dull)
    if not champion:
        return met
    try:
        rival = _contender(champion, read_past_model(champion), rows)
    except Exception as error:  # an old model under new code or new rows can fail in any way
        told = str(error) if isinstance(error, EvergreenError) else f"{type(error).__name__}: {error}"
        return replace(met, champion_model=_name(champion), absence=told)
    absence = _misfit(rival.manifest, met.candidate.manifest)
    return replace(met, champion=None if absence else rival, champion_model=rival.digest, absence=absence)


def _contender(address: str, model: Model, rows: pa.Table) -> Contender:
    return Contender(model, digest(address), np.asarray(model.scores(rows), dtype=np.float64))


def _misfit(champion: ModelManifest, candidate: ModelManifest) -> str | None:
    ours, theirs = (f"{found.label!r} ({found.task})" for found in (candidate, champion))
    return None if ours == theirs else f"it predicts {theirs}, the candidate {ours}"


def _name(address: str) -> str:
    # A model's address ends with its digest.
    return address.rstrip("/").rpartition("/")[2]
