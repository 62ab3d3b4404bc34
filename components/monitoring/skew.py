"""Training/serving skew: whether a model was served the same inputs that training reads for the same row."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from components.contracts.prediction import INPUTS

CLOSE = 1e-9
"""Relative difference of two numbers that are the same."""


def skew(predictions: ir.Table, rows: ir.Table, by: Sequence[str], inputs: Sequence[str]) -> dict[str, float]:
    """The share of predictions for which training reads another value, of each input where there are any.

    Args:
        predictions: Of the log.
        rows: What training reads: the inputs by their own names, and the columns of `by`.
        by: Columns that name a row in both.
        inputs: The model's; those that one side lacks are left out.
    """
    both = [name for name in inputs if name in rows.columns and INPUTS + name in predictions.columns]
    if not both:
        return {}
    met = predictions.select(*by, *(INPUTS + name for name in both)).inner_join(
        rows.select(*by, **{f"read.{name}": rows[name] for name in both}), list(by)
    )
    facts = {name: met.count(where=_differs(met[INPUTS + name], met[f"read.{name}"])) for name in both}
    found = met.aggregate(**{"rows met": met.count()}, **facts).to_pyarrow().to_pylist()[0]
    rows_met = found.pop("rows met")
    return {name: count / rows_met for name, count in found.items() if count}


def _differs(served: ir.Column, read: ir.Column) -> ir.Column:
    """Nulls are equal, and so are numbers that are the same but for rounding."""
    if read.type().is_numeric() and served.type().is_numeric():
        apart = (served - read).abs() > CLOSE * ibis.greatest(served.abs(), read.abs())
    else:
        apart = served.cast("string") != read.cast("string")
    return ibis.ifelse(served.isnull() | read.isnull(), served.isnull() != read.isnull(), apart)
