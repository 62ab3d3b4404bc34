"""A model in the real predictor, before anyone relies on it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from components.contracts.errors import ModelError, RolloutError
from components.contracts.release import Release
from components.contracts.smoke import SmokeReport
from components.serving.launch import launched
from components.stores.folders import digest, read_golden, read_manifest
from components.validation.smoke import examine

_ALONE = {f"EVERGREEN_SERVING_{name}": "" for name in ("LOG", "PUBLIC_KEY", "ROOTS", "FEATURES")}
"""What is asked in a trial is whole and not logged, and the signature is made when the model is registered."""


def tried(folder: Path) -> SmokeReport:
    """Start the predictor on a model folder, talk to it and end it.

    A model that the predictor does not serve is an outcome, not an error.
    """
    begun = time.perf_counter()
    try:
        manifest, golden = read_manifest(folder), read_golden(folder)
        release = Release(
            use_case="candidate",
            version="",
            digest=digest(folder),
            address=str(folder.resolve()),
            run="",
            snapshot=manifest.snapshot,
        )
        with (
            tempfile.TemporaryDirectory() as place,
            launched(release, Path(place) / "log.txt", _ALONE) as endpoint,
        ):
            startup = time.perf_counter() - begun
            found = examine(endpoint, manifest, golden, time.perf_counter)
    except (ModelError, RolloutError) as error:
        return SmokeReport(problem=str(error))
    return found.model_copy(update={"startup_seconds": startup})
