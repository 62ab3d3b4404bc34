"""The candidate as it will serve: the same checks, and the ONNX graph where it has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from components.contracts.errors import ModelError
from components.evaluation.contenders import Contender
from components.serving.engines import Engine, OnnxEngine, SklearnEngine
from components.serving.equality import difference
from components.serving.form import Form, rows_of
from components.stores.models import Model


def serving_problem(contender: Contender, rows: pa.Table) -> str | None:
    """Why the model may not serve: its graph fails, or answers held-out rows otherwise than scikit-learn did.

    Args:
        contender: The model and scikit-learn's scores of the rows.
        rows: Held-out rows, all of them.
    """
    model = contender.model
    if model.onnx is None:
        return None
    try:
        return difference(model.manifest, OnnxEngine(model.onnx, model.manifest), rows, contender.scores)
    except ModelError as error:
        return str(error)


def answerer(model: Model) -> Callable[[Sequence[Mapping[str, Any]]], object]:
    """What answers rows as callers send them, their checks included."""
    form = Form(model.manifest)
    engine: Engine = SklearnEngine(model) if model.onnx is None else OnnxEngine(model.onnx, model.manifest)
    return lambda requests: engine.scores(form.of_objects(requests))


def requests(rows: pa.Table, model: Model, most: int) -> list[dict[str, Any]]:
    """The first rows as callers send them."""
    names = [column.name for column in model.manifest.inputs]
    few = rows.slice(0, most)
    columns = rows_of(few, names).columns
    return [{name: columns[name][i] for name in names} for i in range(few.num_rows)]
