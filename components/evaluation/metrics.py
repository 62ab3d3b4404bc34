"""The metrics, each as a function of row weights that is cheap to evaluate under many weightings.

A bootstrap draw weights every row by how often its unit was drawn. Most metrics are a function of a few weighted sums
over rows; those are summed once per unit, and all draws are one matrix product. Ranks and medians are not
sums: their rows are sorted once, and a draw costs a few cumulative sums. docs/decisions/0005-bootstrap.md has the figures.

Values are scikit-learn's under `sample_weight`, but NaN where a metric is not defined (one class only, a constant
label), and with more than two classes an average over the classes that occur.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from components.evaluation.orders import MedianError, Ranks
from components.evaluation.predictions import Floats, Integers, Predictions
from components.evaluation.sums import SUMS

Measure = Callable[[Floats], Floats]
"""(m, units) how often each unit was drawn → (m, metrics) values."""

_BATCH = 400_000
"""Row weights that are sorted at a time: about what a processor's cache holds."""


def measure(metrics: Sequence[str], predictions: Predictions, units: Integers) -> Measure:
    """Prepare metrics for many weightings of the same rows.

    Args:
        metrics: Their names, of `components.contracts.metrics`.
        predictions: Of n rows.
        units: (n,) the unit of each row, as its column in the counts that the result takes. Rows of some units
            only are a slice; they are measured under the same draws.

    Returns:
        A function of counts, NaN throughout when a prediction is not a finite number.
    """
    if not len(units) or not predictions.finite.all():
        return lambda counts: np.full((len(counts), len(metrics)), np.nan)
    present, local = np.unique(units, return_inverse=True)
    prepared: list[tuple[tuple[str, ...], Measure]] = [
        ((name,), _Sums(name, predictions, local)) for name in metrics if name in SUMS
    ]
    prepared += [
        (orders.METRICS, _in_batches(orders(predictions, local), len(units)))
        for orders in (Ranks, MedianError)
        if set(orders.METRICS) & set(metrics)
    ]
    columns = [name for names, _ in prepared for name in names]
    wanted = [columns.index(name) for name in metrics]

    def measured(counts: Floats) -> Floats:
        drawn = counts if len(present) == counts.shape[1] else counts[:, present]
        return np.column_stack([values_of(drawn) for _, values_of in prepared])[:, wanted]

    return measured


def values(
    metrics: Sequence[str], predictions: Predictions, weights: Floats | None = None
) -> Mapping[str, float]:
    """The metrics of rows, each row counted by its weight (once when absent)."""
    rows = len(predictions.labels)
    counts = np.ones((1, rows)) if weights is None else weights[None]
    return dict(zip(metrics, measure(metrics, predictions, np.arange(rows))(counts)[0].tolist(), strict=True))


def _in_batches(measured: Measure, rows: int) -> Measure:
    size = max(1, _BATCH // rows)

    def batched(counts: Floats) -> Floats:
        return np.concatenate([measured(counts[at : at + size]) for at in range(0, len(counts), size)])

    return batched


class _Sums:
    """A metric that is a function of weighted sums, summed once per unit."""

    def __init__(self, metric: str, predictions: Predictions, units: Integers) -> None:
        terms, self.finish = SUMS[metric](predictions)
        totals = [np.bincount(units, weights=column) for column in terms.T]
        self.totals = np.column_stack(totals)

    def __call__(self, counts: Floats) -> Floats:
        return self.finish(counts @ self.totals)
