"""Whether what serves answers as scikit-learn did."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from components.contracts.model import ModelManifest
from components.serving.engines import Engine, SklearnEngine
from components.serving.form import rows_of

TOLERANCE = 1e-5
"""Of a probability; for numbers, in standard deviations of what is predicted. The graph computes in float32, whose
steps are 6e-8 of a value; one branch of one tree taken wrongly moves a score by far more."""


def difference(manifest: ModelManifest, engine: Engine, table: pa.Table, expected: np.ndarray) -> str | None:
    """How an engine's answers to rows of our own differ from scikit-learn's; None when all are alike.

    Args:
        manifest: The model's.
        engine: Of the same model.
        table: Rows with the model's inputs.
        expected: scikit-learn's scores of them, (n, k) or (n,).

    Raises:
        ModelError: The engine fails on a row.
    """
    found = engine.scores(rows_of(table, [column.name for column in manifest.inputs]))
    return apart(manifest, engine, found, expected)


def apart(manifest: ModelManifest, engine: Engine, found: np.ndarray, expected: np.ndarray) -> str | None:
    """How scores differ: not at all to the last bit, and for ONNX not beyond the tolerance."""
    limit = allowed(manifest, engine.name == SklearnEngine.name, expected)
    # Not "above the limit": that would let NaN pass.
    differs = ~(np.abs(found - expected) <= limit)
    differing = int(differs.any(axis=1).sum() if differs.ndim > 1 else differs.sum())
    if not differing:
        return None
    largest = float(np.nanmax(np.abs(found - expected)))
    return f"it answers {differing} of {len(expected)} rows otherwise, by {largest:.2g} at most"


def allowed(manifest: ModelManifest, is_exact: bool, expected: np.ndarray) -> float:
    """How far a score may lie off.

    Args:
        manifest: The model's.
        is_exact: Whether scikit-learn itself answers, which computes the same bits again.
        expected: scikit-learn's scores, (n, k) or (n,).
    """
    return 0.0 if is_exact else TOLERANCE * _unit(manifest, expected)


def _unit(manifest: ModelManifest, expected: np.ndarray) -> float:
    if manifest.task == "classification":
        return 1.0
    # A constant answer has no deviation; float32 still has its steps.
    return max(float(np.std(expected)), float(np.abs(expected).max(initial=0.0)) * 0.1, 1e-12)
