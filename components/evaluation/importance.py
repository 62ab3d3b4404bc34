"""Permutation importance: what the model loses when a feature tells it nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

REPEATS = 3
"""How often each feature is shuffled."""


def sample(rows: pa.Table, most: int, seed: int) -> pa.Table:
    """At most so many rows, drawn without replacement, in their order."""
    if rows.num_rows <= most:
        return rows
    chosen = np.random.default_rng(seed).choice(rows.num_rows, size=most, replace=False)
    return rows.take(np.sort(chosen))


def importance(
    loss: Callable[[pa.Table], float], rows: pa.Table, features: Sequence[str], seed: int
) -> dict[str, float]:
    """How much the loss grows when a feature's values are shuffled among the rows, on average.

    Breiman, Random Forests, Machine Learning 45, 2001, sec. 10, as in scikit-learn's `permutation_importance`, but of any
    function of rows. Features that tell the same share what they are worth: shuffling one leaves the other.

    Args:
        loss: Of rows; lower is better.
        rows: Held-out rows.
        features: Columns.
        seed: Decides how values are shuffled.

    Returns:
        Of each feature, from the most important on. Negative means that the model did better without.
    """
    usual = loss(rows)
    found = {
        name: float(np.mean([loss(_shuffled(rows, name, [seed, place, turn])) for turn in range(REPEATS)]))
        - usual
        for place, name in enumerate(features)
    }
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def _shuffled(rows: pa.Table, name: str, seed: Sequence[int]) -> pa.Table:
    order = np.random.default_rng(seed).permutation(rows.num_rows)
    return rows.set_column(rows.schema.get_field_index(name), name, rows[name].take(order))
