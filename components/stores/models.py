"""Model folders: what is in them is exactly what their manifest says, or they are not loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from components.contracts.errors import ModelError
from components.contracts.model import Golden, ModelManifest
from components.stores import pipelines
from components.stores.folders import (
    GOLDEN,
    LIBRARIES,
    MANIFEST,
    ONNX,
    PIPELINE,
    digest,
    features_digest,
    lock_digest,
    read_folder,
    read_manifest,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Rows: TypeAlias = pa.Table | pd.DataFrame | Sequence[Mapping[str, Any]]

__all__ = ["Model", "digest", "lock_digest", "read_manifest", "read_model", "write_model"]


@dataclass(frozen=True)
class Model:
    """A fitted pipeline and what it says about itself."""

    manifest: ModelManifest
    pipeline: Any
    """A scikit-learn pipeline over `frame`; the classes it knows are positions in `manifest.classes`."""
    onnx: bytes | None = None
    """The same as an ONNX graph, where it converts and answers alike."""
    golden: Golden | None = None
    """Rows and what this model answered to them when it was made."""

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The inputs of rows as the pipeline takes them.

        Raises:
            DataError: A column is missing, or holds what it may not.
        """
        from components.preparation.features import to_frame

        return to_frame(rows, self.manifest.inputs)

    def scores(self, rows: Rows) -> np.ndarray:
        """Probabilities (n, k) in the order of `manifest.classes`; for regression the predicted numbers (n,).

        Raises:
            DataError: A column is missing, or holds what it may not.
        """
        return self.frame_scores(self.frame(rows))

    def frame_scores(self, frame: pd.DataFrame) -> np.ndarray:
        """What `scores` gives, for inputs that `frame` made (and, say, someone shuffled)."""
        if self.manifest.task == "regression":
            return np.asarray(self.pipeline.predict(frame), dtype=float) if len(frame) else np.empty(0)
        if not len(frame):
            return np.empty((0, len(self.manifest.classes)))
        return np.asarray(self.pipeline.predict_proba(frame))

    def positive_scores(self, rows: Rows) -> np.ndarray:
        """With two classes, the probability (n,) of the positive one."""
        return self.scores(rows)[:, self.manifest.positive_position]

    def predict(self, rows: Rows) -> np.ndarray:
        """Labels (n,): by the threshold with two classes, else the most probable one; for regression numbers."""
        scores = self.scores(rows)
        return scores if self.manifest.task == "regression" else self.decide(scores)

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Labels (n,) for the probabilities (n, k) that `scores` gave."""
        classes = np.asarray(self.manifest.classes)
        if self.manifest.threshold is None:
            return np.asarray(classes[scores.argmax(axis=1)])
        positive = self.manifest.positive_position
        is_positive = scores[:, positive] >= self.manifest.threshold
        return np.asarray(classes[np.where(is_positive, positive, 1 - positive)])


def write_model(model: Model, folder: Path) -> str:
    """Write a model folder, its manifest last, and return its digest.

    `lock`, `libraries`, `features_code` and `files` of the manifest are filled in.

    Raises:
        StoreError: There is no lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, ONNX, GOLDEN):
        (folder / name).unlink(missing_ok=True)
    contents = {PIPELINE: pipelines.dump(model.pipeline)}
    if model.onnx is not None:
        contents[ONNX] = model.onnx
    if model.golden is not None:
        contents[GOLDEN] = model.golden.model_dump_json().encode()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    _sealed(model.manifest, contents).write(folder / MANIFEST)
    return digest(folder)


def _sealed(manifest: ModelManifest, contents: Mapping[str, bytes]) -> ModelManifest:
    return manifest.model_copy(
        update={
            "lock": lock_digest(),
            "libraries": {name: version(name) for name in LIBRARIES},
            "features_code": features_digest(),
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        }
    )


def read_model(address: str | Path, lock: str | None = None) -> Model:
    """Load a model folder, after every byte of it was checked.

    Args:
        address: A folder, gs:// or s3:// address.
        lock: When given, the digest of the only lock whose models are accepted.

    Raises:
        ModelError: The folder is incomplete, altered, has other files, or was made with other feature code,
            another scikit-learn or another lock.
        StoreError: The store cannot be read.
    """
    return loaded(*read_folder(address, lock), address)


def loaded(manifest: ModelManifest, contents: Mapping[str, bytes], address: str | Path) -> Model:
    """A model out of the files of its folder, which were checked.

    Raises:
        ModelError: The pipeline does not load.
    """
    try:
        pipeline = pipelines.load(contents[PIPELINE])
    except ModelError as error:
        raise ModelError(f"{address}: {error}") from error
    golden = Golden.model_validate_json(contents[GOLDEN]) if GOLDEN in contents else None
    return Model(manifest, pipeline, contents.get(ONNX), golden)
