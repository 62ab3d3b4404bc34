"""What a fitted model takes with it to where it serves: an ONNX graph and golden rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from components.contracts.model import Golden
from components.serving.form import rows_of
from components.stores.models import Model
from components.training.conversion import converted

GOLDEN_ROWS = 32


def servable(model: Model, rows: pa.Table) -> Model:
    """The model with its graph, or the reason why it has none, and with golden rows.

    Args:
        model: Fitted.
        rows: Rows with the model's inputs, on which graph and pipeline are compared; some become golden.
    """
    print(f"convert to ONNX, and compare on {rows.num_rows} rows", flush=True)
    graph, absence = converted(model, rows)
    if absence is not None:
        print(f"no ONNX: {absence}; scikit-learn will serve the model", flush=True)
    manifest = model.manifest.model_copy(update={"onnx_absence": absence})
    return replace(model, manifest=manifest, onnx=graph, golden=_golden(model, rows))


def _golden(model: Model, rows: pa.Table) -> Golden:
    """Rows spread over all, and scikit-learn's scores of each."""
    names = [column.name for column in model.manifest.inputs]
    places = np.unique(np.linspace(0, rows.num_rows - 1, min(GOLDEN_ROWS, rows.num_rows)).astype(int))
    some = rows.select(names).take(pa.array(places))
    columns = rows_of(some, names).columns
    told = tuple({name: _plain(columns[name][i]) for name in names} for i in range(some.num_rows))
    scores = model.scores(some).reshape(some.num_rows, -1)
    return Golden(rows=told, scores=tuple(tuple(row) for row in scores.tolist()))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
