"""Model folders: what is in them is exactly what their manifest says, or they are not loaded."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from pydantic import ValidationError

import components
from components.contracts.errors import ModelError, StoreError
from components.contracts.model import ModelManifest
from components.stores import objects

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Rows: TypeAlias = pa.Table | pd.DataFrame | Sequence[Mapping[str, Any]]

MANIFEST = "manifest.json"
PIPELINE = "pipeline.pkl"
LIBRARIES = ("scikit-learn", "numpy", "pandas")

_PACKAGES = Path(components.__file__).parent


@dataclass(frozen=True)
class Model:
    """A fitted pipeline and what it says about itself."""

    manifest: ModelManifest
    pipeline: Any
    """A scikit-learn pipeline over `frame`; the classes it knows are positions in `manifest.classes`."""

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
    (folder / MANIFEST).unlink(missing_ok=True)
    with (folder / PIPELINE).open("wb") as file:
        pickle.dump(model.pipeline, file, protocol=5)
    _sealed(model.manifest, folder).write(folder / MANIFEST)
    return digest(folder)


def _sealed(manifest: ModelManifest, folder: Path) -> ModelManifest:
    return manifest.model_copy(
        update={
            "lock": lock_digest(),
            "libraries": {name: version(name) for name in LIBRARIES},
            "features_code": features_digest(),
            "files": {PIPELINE: _file_sha256(folder / PIPELINE)},
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
    contents = _read_all(address)
    manifest = _parsed(contents, address)
    _require_untouched(contents, manifest, address)
    _require_same_code(manifest, address, lock)
    try:
        return Model(manifest, pickle.loads(contents[PIPELINE]))  # noqa: S301 - its digest was checked
    except Exception as error:  # a pickle can fail in any way
        raise ModelError(
            f"{address}: the model does not load: {type(error).__name__}: {error}; train it again"
        ) from error


def read_manifest(address: str | Path) -> ModelManifest:
    """What a model folder says about itself, without loading the model.

    Raises:
        ModelError: There is no model, or its manifest cannot be read.
        StoreError: The store cannot be read.
    """
    return _parsed(_read_manifest(address), address)


def digest(address: str | Path) -> str:
    """SHA-256 of a folder's manifest, which holds the digests of all other files.

    Raises:
        ModelError: There is no manifest.
        StoreError: The store cannot be read.
    """
    contents = _read_manifest(address)
    _parsed(contents, address)
    return hashlib.sha256(contents[MANIFEST]).hexdigest()


def lock_digest() -> str:
    """SHA-256 of the requirements.lock beside the packages.

    Raises:
        StoreError: There is none.
    """
    path = _PACKAGES.parent / "requirements.lock"
    if not path.is_file():
        raise StoreError(f"{path} is missing; a model carries its digest, so keep it beside the packages")
    return _file_sha256(path)


def features_digest() -> str:
    """SHA-256 of the feature code, which is part of every model."""
    return _file_sha256(_PACKAGES / "preparation" / "features.py")


def _read_all(address: str | Path) -> dict[str, bytes]:
    return {name: objects.read_bytes(f"{address}/{name}") for name in objects.names(str(address))}


def _read_manifest(address: str | Path) -> dict[str, bytes]:
    place = f"{address}/{MANIFEST}"
    return {MANIFEST: objects.read_bytes(place)} if objects.exists(place) else {}


def _parsed(contents: Mapping[str, bytes], address: str | Path) -> ModelManifest:
    if MANIFEST not in contents:
        raise ModelError(f"{address} is not a model, or was only half written: it has no {MANIFEST}")
    try:
        return ModelManifest.model_validate_json(contents[MANIFEST])
    except ValidationError as error:
        raise ModelError(f"{address}/{MANIFEST} cannot be understood: {error.errors()[0]['msg']}") from error


def _require_untouched(contents: Mapping[str, bytes], manifest: ModelManifest, address: str | Path) -> None:
    held = set(contents) - {MANIFEST}
    problems = [
        *(f"{name} is missing" for name in sorted({PIPELINE, *manifest.files} - held)),
        *(f"{name} is not the model's" for name in sorted(held - set(manifest.files))),
        *(
            f"{name} was altered"
            for name in sorted(held & set(manifest.files))
            if hashlib.sha256(contents[name]).hexdigest() != manifest.files[name]
        ),
    ]
    if problems:
        raise ModelError(f"{address} is not as it was written: {', '.join(problems)}")


def _require_same_code(manifest: ModelManifest, address: str | Path, lock: str | None) -> None:
    if lock is not None and manifest.lock != lock:
        raise ModelError(
            f"{address} was made under another lock ({manifest.lock[:12]}, here {lock[:12]}); train it again"
        )
    if manifest.features_code != features_digest():
        raise ModelError(f"{address} was made with other feature code; train it again")
    # scikit-learn promises nothing for a pickle of another version; some load and then answer wrongly.
    made, here = manifest.libraries.get("scikit-learn"), version("scikit-learn")
    if made != here:
        raise ModelError(f"{address} was made with scikit-learn {made}, here is {here}; train it again")


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
