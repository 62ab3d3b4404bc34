"""From a fitted pipeline to an ONNX graph, and whether the graph answers alike."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from components.contracts.errors import ModelError
from components.contracts.model import Input, ModelManifest
from components.serving.engines import OnnxEngine
from components.serving.equality import difference
from components.stores.models import Model
from components.training.converters import register

OPSET = {"": 18, "ai.onnx.ml": 3}


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
    # In the order of a set until here, which differs from process to process; the bytes decide the model's digest.
    graph.opset_import.sort(key=lambda one: one.domain)
    return bytes(graph.SerializeToString(deterministic=True))


def converted(model: Model, table: pa.Table) -> tuple[bytes | None, str | None]:
    """The graph of a model, or why there is none: it must answer rows of its kind alike, and rows that it never saw.

    Args:
        model: Fitted.
        table: Rows with the model's inputs.
    """
    manifest = model.manifest
    try:
        graph = convert(manifest, model.pipeline)
        engine = OnnxEngine(graph, manifest)
        for rows in (table, strange(table, manifest.inputs)):
            problem = difference(manifest, engine, rows, model.scores(rows))
            if problem is not None:
                return None, problem
    except ModelError as error:
        return None, str(error)
    return graph, None


def strange(table: pa.Table, inputs: Sequence[Input]) -> pa.Table:
    """Rows that a caller may send and the data may lack: each of an input's strange values, in an ordinary row."""
    first = table.select([column.name for column in inputs]).slice(0, 1)
    rows = []
    for column in inputs:
        place, kind = first.column_names.index(column.name), first.schema.field(column.name)
        values: list[Any] = [None] if column.nullable else []
        values += _STRANGE[column.type]
        rows += [first.set_column(place, kind, pa.array([value], kind.type)) for value in values]
    return pa.concat_tables([first, *rows])


_STRANGE: dict[str, tuple[Any, ...]] = {
    "float64": (0.0, -1.0, 1e-300, 1e6, -1e6, 1e300, -1e300),
    "int64": (0, -1, 10**6, -(10**6), 2**53, -(2**53)),
    "string": ("", "(never seen)", "\u2603"),
    "boolean": (True, False),
    "timestamp": (0, 951_782_400_000_000, 4_102_444_799_999_999),
    "date": (0, 11_016, 47_482),
}


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
