"""From a fitted pipeline to an ONNX graph, and whether the graph answers alike."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from components.contracts.errors import ModelError
from components.contracts.model import Input, ModelManifest
from components.serving.engines import OnnxEngine
from components.serving.form import rows_of
from components.training.converters import register

OPSET = {"": 18, "ai.onnx.ml": 3}

TOLERANCE = 1e-5
"""Of a probability; for numbers, in standard deviations of what is predicted. The graph computes in float32, whose
steps are 6e-8 of a value; one branch of one tree taken wrongly moves a score by far more."""


def convert(manifest: ModelManifest, pipeline: Any) -> bytes:
    """A fitted pipeline as an ONNX graph whose inputs are those of the model.

    Each is (n, 1): texts for categories, float32 for numbers and for instants, as `OnnxEngine` makes them.

    Raises:
        ModelError: The pipeline has a part that does not convert.
    """
    from skl2onnx import to_onnx

    register()
    options = {id(pipeline): {"zipmap": False}} if manifest.task == "classification" else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of float32's limits, which the comparison judges
            graph = to_onnx(
                pipeline, initial_types=_types(manifest.inputs), options=options, target_opset=OPSET
            )
        _route_missing(graph, pipeline[-1])
    except Exception as error:  # a converter fails in any way
        first = str(error).strip().partition("\n")[0][:200]
        raise ModelError(f"it does not convert: {type(error).__name__}: {first}") from error
    return bytes(graph.SerializeToString())


def difference(manifest: ModelManifest, graph: bytes, table: pa.Table, expected: np.ndarray) -> str | None:
    """How the graph's answers differ from scikit-learn's; None when all are alike.

    Args:
        manifest: The model's.
        graph: Of the same model.
        table: Rows with the model's inputs.
        expected: scikit-learn's scores of them, (n, k) or (n,).

    Raises:
        ModelError: The graph does not load, or fails on a row.
    """
    names = [column.name for column in manifest.inputs]
    found = OnnxEngine(graph, manifest).scores(rows_of(table, names))
    unit = 1.0 if manifest.task == "classification" else max(float(np.std(expected)), 1e-12)
    # Not "above the tolerance": that would let NaN pass.
    apart = ~(np.abs(found - expected) <= TOLERANCE * unit)
    differing = int(apart.any(axis=1).sum() if apart.ndim > 1 else apart.sum())
    if not differing:
        return None
    largest = float(np.nanmax(np.abs(found - expected)))
    return f"it answers {differing} of {len(expected)} rows otherwise, by {largest:.2g} at most"


def converted(
    manifest: ModelManifest, pipeline: Any, table: pa.Table, expected: np.ndarray
) -> tuple[bytes | None, str | None]:
    """The graph, or why there is none; arguments as in `difference`."""
    try:
        graph = convert(manifest, pipeline)
        problem = difference(manifest, graph, table, expected)
    except ModelError as error:
        return None, str(error)
    return (graph, None) if problem is None else (None, problem)


def _route_missing(graph: Any, model: Any) -> None:
    """Tell the graph of a forest where its trees send missing values, which skl2onnx 1.20 leaves out."""
    trees = [part.tree_ for part in getattr(model, "estimators_", ())]
    for node in graph.graph.node if trees else ():
        told = {attribute.name: attribute for attribute in node.attribute}
        if "nodes_missing_value_tracks_true" in told:
            places = zip(told["nodes_treeids"].ints, told["nodes_nodeids"].ints, strict=True)
            routes = [int(trees[tree].missing_go_to_left[place]) for tree, place in places]
            told["nodes_missing_value_tracks_true"].ints[:] = routes


def _types(inputs: Sequence[Input]) -> list[tuple[str, Any]]:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    def kind(column: Input) -> Any:
        return (
            StringTensorType([None, 1]) if column.treatment == "categorical" else FloatTensorType([None, 1])
        )

    return [(column.name, kind(column)) for column in inputs]
