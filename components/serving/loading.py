"""From the address of a release to a model that serves, or the reason why it does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from pydantic import ValidationError

from components.contracts.errors import ModelError
from components.contracts.model import Golden, ModelManifest
from components.contracts.release import Release
from components.serving.engines import Engine, OnnxEngine, SklearnEngine
from components.serving.equality import apart
from components.serving.refusal import RefusalError
from components.serving.served import Served
from components.stores import pipelines
from components.stores.folders import GOLDEN, ONNX, PIPELINE, digest_of, lock_digest, read_folder
from components.stores.models import Model
from components.stores.signatures import Trust, require_signed


def load(
    release: Release,
    other_lock: bool = False,
    trust: Trust | None = None,
) -> Served:
    """Load a release, after its files, lock and signature were checked, and let it answer its golden rows.

    Args:
        release: What is to serve; an empty digest accepts any.
        other_lock: Accept a model of another lock.
        trust: Whose signature the model must have; None demands none.

    Raises:
        ModelError: The release does not load, or answers otherwise than it did when it was made.
        StoreError: The store cannot be read.
    """
    address = release.address
    manifest, contents = read_folder(address, None if other_lock else lock_digest())
    found = digest_of(contents)
    if release.digest and found != release.digest:
        raise ModelError(f"{address} holds the model {found[:12]}, not {release.digest[:12]}: it was swapped")
    if trust is not None:
        require_signed(contents, trust, address)
    known = release.model_copy(update={"digest": found, "snapshot": release.snapshot or manifest.snapshot})
    served = Served(known, manifest, engine(manifest, contents, address), datetime.now(UTC))
    _require_golden(served, contents)
    return served


def engine(manifest: ModelManifest, contents: Mapping[str, bytes], address: str) -> Engine:
    """What computes the scores: the ONNX graph where there is one, else the pipeline.

    Raises:
        ModelError: It does not load.
    """
    try:
        if ONNX in contents:
            return OnnxEngine(contents[ONNX], manifest)
        return SklearnEngine(Model(manifest, pipelines.load(contents[PIPELINE])))
    except ModelError as error:
        raise ModelError(f"{address}: {error}") from error


def _require_golden(served: Served, contents: Mapping[str, bytes]) -> None:
    """Hold the model to what it answered when it was made: to the last bit, and for ONNX within its tolerance."""
    if GOLDEN not in contents:
        return
    try:
        golden = Golden.model_validate_json(contents[GOLDEN])
        rows = served.form.of_objects(golden.rows) if golden.rows else None
    except (ValidationError, RefusalError) as error:
        raise ModelError(
            f"{served.release.address}/{GOLDEN} cannot be asked: {error}; train it again"
        ) from error
    if rows is None:
        return
    expected = np.array(golden.scores)
    expected = expected[:, 0] if served.is_regression else expected
    found = served.engine.scores(rows)
    problem = apart(served.manifest, served.engine, found, expected)
    if problem is not None:
        raise ModelError(
            f"{served.release.address}: of the golden rows that it answered when it was made, {problem}; "
            "train it again under this lock"
        )
