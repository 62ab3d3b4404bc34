"""The files of a model folder: exactly those that its manifest names, unaltered, or nothing of it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

import components
from components.contracts.errors import ModelError, StoreError
from components.contracts.model import Golden, ModelManifest
from components.stores import objects

MANIFEST = "manifest.json"
PIPELINE = "pipeline.skops"
ONNX = "model.onnx"
GOLDEN = "golden.json"
SIGNATURE = "model.sig"
"""Lies in the folder, so that it travels with it, and is no part of its digest: who signs does not change the model."""

LIBRARIES = ("scikit-learn", "numpy", "pandas")

_PACKAGES = Path(components.__file__).parent


def read_folder(address: str | Path, lock: str | None = None) -> tuple[ModelManifest, dict[str, bytes]]:
    """The manifest of a model folder, and its files by name, after every byte of them was checked.

    Args:
        address: A folder, gs:// or s3:// address.
        lock: When given, the digest of the only lock whose models are accepted.

    Raises:
        ModelError: The folder is incomplete, altered, has other files, or was made with other feature code,
            another scikit-learn or another lock.
        StoreError: The store cannot be read.
    """
    manifest, contents = read_contents(address)
    require_same_code(manifest, address, lock)
    return manifest, contents


def read_contents(address: str | Path) -> tuple[ModelManifest, dict[str, bytes]]:
    """What `read_folder` gives, whatever code the model was made with.

    Raises:
        ModelError: The folder is incomplete, altered, or has other files.
        StoreError: The store cannot be read.
    """
    contents = {name: objects.read_bytes(f"{address}/{name}") for name in objects.names(str(address))}
    manifest = parsed(contents, address)
    _require_untouched(contents, manifest, address)
    return manifest, contents


def other_code(manifest: ModelManifest) -> str | None:
    """What a model's pipeline was made with and is not here; None when it may be loaded."""
    if manifest.features_code != features_digest():
        return "other feature code"
    # scikit-learn promises nothing for a model of another version; some load and then answer wrongly.
    made, here = manifest.libraries.get("scikit-learn"), version("scikit-learn")
    return None if made == here else f"scikit-learn {made}, here is {here}"


def read_manifest(address: str | Path) -> ModelManifest:
    """What a model folder says about itself, without loading the model.

    Raises:
        ModelError: There is no model, or its manifest cannot be read.
        StoreError: The store cannot be read.
    """
    return parsed(_read_manifest(address), address)


def read_golden(address: str | Path) -> Golden:
    """The golden rows of a model folder, without loading the model.

    Raises:
        ModelError: It has none, or they cannot be understood.
        StoreError: The store cannot be read.
    """
    place = f"{address}/{GOLDEN}"
    if not objects.exists(place):
        raise ModelError(
            f"{address} has no golden rows, so nobody can tell whether it answers as it did; train it again"
        )
    try:
        return Golden.model_validate_json(objects.read_bytes(place))
    except ValidationError as error:
        raise ModelError(f"{place} cannot be understood: {error.errors()[0]['msg']}") from error


def digest(address: str | Path) -> str:
    """SHA-256 of a folder's manifest, which holds the digests of all other files.

    Raises:
        ModelError: There is no manifest.
        StoreError: The store cannot be read.
    """
    contents = _read_manifest(address)
    parsed(contents, address)
    return digest_of(contents)


def digest_of(contents: Mapping[str, bytes]) -> str:
    """The digest of a folder whose files these are."""
    return hashlib.sha256(contents[MANIFEST]).hexdigest()


def parsed(contents: Mapping[str, bytes], address: str | Path) -> ModelManifest:
    """The manifest among a folder's files.

    Raises:
        ModelError: There is none, or it cannot be read.
    """
    if MANIFEST not in contents:
        raise ModelError(f"{address} is not a model, or was only half written: it has no {MANIFEST}")
    try:
        return ModelManifest.model_validate_json(contents[MANIFEST])
    except ValidationError as error:
        raise ModelError(f"{address}/{MANIFEST} cannot be understood: {error.errors()[0]['msg']}") from error


def lock_digest() -> str:
    """SHA-256 of the requirements.lock beside the packages.

    Raises:
        StoreError: There is none.
    """
    path = _PACKAGES.parent / "requirements.lock"
    if not path.is_file():
        raise StoreError(f"{path} is missing; a model carries its digest, so keep it beside the packages")
    return file_sha256(path)


def features_digest() -> str:
    """SHA-256 of the feature code, which is part of every model."""
    return file_sha256(_PACKAGES / "preparation" / "features.py")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(address: str | Path) -> dict[str, bytes]:
    place = f"{address}/{MANIFEST}"
    return {MANIFEST: objects.read_bytes(place)} if objects.exists(place) else {}


def _require_untouched(contents: Mapping[str, bytes], manifest: ModelManifest, address: str | Path) -> None:
    held = set(contents) - {MANIFEST, SIGNATURE}
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


def require_same_code(manifest: ModelManifest, address: str | Path, lock: str | None = None) -> None:
    """Hold a model against the code that is here.

    Raises:
        ModelError: It was made with other feature code, another scikit-learn, or another lock than the one that is given.
    """
    if lock is not None and manifest.lock != lock:
        raise ModelError(
            f"{address} was made under another lock ({manifest.lock[:12]}, here {lock[:12]}); train it again"
        )
    if (other := other_code(manifest)) is not None:
        raise ModelError(f"{address} was made with {other}; train it again")
