"""A challenger's answers to requests that the champion answered: how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from components.contracts.model import ModelManifest
from components.contracts.prediction import INPUTS, PROBABILITY, VALUE, class_name
from components.contracts.reports import Report

BINS = 10


class Comparison(Report):
    """What a dark launch found. Counts are rows."""

    rows: int
    errors: tuple[str, ...] = ()
    """Requests that the challenger did not answer, each with the reason."""
    changed: float
    """Share of the rows whose label differs; for regression, mean difference in standard deviations of the champion's."""
    drift: float
    """Population stability index of the challenger's scores against the champion's."""
    latency_ms: float
    """Median time of a request of one row."""

    def objections(self, most_drift: float, most_changed: float) -> list[str]:
        """Why the challenger should not take over; nothing when it may. NaN always objects."""
        found = [f"{len(self.errors)} requests failed: {self.errors[0]}"] if self.errors else []
        if not self.drift <= most_drift:
            found.append(f"its scores drift by {self.drift:.3g} (PSI); the bound is {most_drift:.3g}")
        if not self.changed <= most_changed:
            found.append(f"{self.changed:.1%} of the answers changed; the bound is {most_changed:.1%}")
        return found


def requests_of(rows: pa.Table, manifest: ModelManifest) -> list[dict[str, Any]]:
    """Logged predictions as the requests that they answered, in JSON's values."""
    names = [column.name for column in manifest.inputs]
    return [
        {name: _plain(row[INPUTS + name]) for name in names}
        for row in rows.select([INPUTS + name for name in names]).to_pylist()
    ]


def logged_scores(rows: pa.Table, manifest: ModelManifest) -> np.ndarray:
    """The champion's scores (n, k) in the order of the challenger's classes, or its numbers (n, 1).

    Raises:
        KeyError: The champion knew other classes.
    """
    if manifest.task == "regression":
        return np.asarray(rows[VALUE].to_numpy(), dtype=float).reshape(-1, 1)
    names = [PROBABILITY + class_name(value) for value in manifest.classes]
    return np.column_stack([np.asarray(rows[name].to_numpy(), dtype=float) for name in names])


def compare(
    champion: np.ndarray, challenger: np.ndarray, labels: np.ndarray, errors: Sequence[str], latency_ms: float
) -> Comparison:
    """How a challenger's answers differ from the champion's.

    Args:
        champion: Scores (n, k), or numbers (n, 1).
        challenger: The same rows' by the challenger.
        labels: Whether the label differs (n,), or the difference in standard deviations.
        errors: Requests that were not answered.
        latency_ms: Median time of a request of one row.
    """
    return Comparison(
        rows=len(champion),
        errors=tuple(errors),
        changed=float(np.abs(labels).mean()) if len(labels) else float("nan"),
        drift=stability(champion[:, -1], challenger[:, -1]) if len(champion) else float("nan"),
        latency_ms=latency_ms,
    )


def stability(reference: np.ndarray, current: np.ndarray) -> float:
    """Population stability index over the reference's deciles, empty shares taken as half a row.

    Siddiqi, Credit Risk Scorecards (2006): below 0.1 little moved, above 0.25 much.
    """
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1]))
    shares = []
    for values in (reference, current):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append(np.maximum(counts, 0.5) / max(len(values), 1))
    expected, found = shares
    return float(((found - expected) * np.log(found / expected)).sum())


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def differing(manifest: ModelManifest, champion: np.ndarray, challenger: np.ndarray) -> np.ndarray:
    """Whether the most probable class differs (n,); for regression, the difference in standard deviations."""
    if manifest.task == "regression":
        unit = max(float(champion.std()), 1e-12)
        return np.asarray((challenger - champion)[:, 0] / unit)
    if manifest.threshold is None:
        return np.asarray(champion.argmax(axis=1) != challenger.argmax(axis=1), dtype=float)
    place = manifest.positive_position
    sides = [scores[:, place] >= manifest.threshold for scores in (champion, challenger)]
    return np.asarray(sides[0] != sides[1], dtype=float)
