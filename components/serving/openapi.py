"""The OpenAPI document of what is served: a client or a fuzzer knows each column from it."""

from __future__ import annotations

from typing import Any

from components.contracts.features import KeyedView
from components.contracts.schema import Column, ColumnType
from components.serving.outputs import DATATYPES
from components.serving.served import Served

_JSON: dict[ColumnType, dict[str, Any]] = {
    "float64": {"type": "number", "minimum": -1.7e308, "maximum": 1.7e308},
    "int64": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "timestamp": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
}
_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "description": "Of the prediction; ours when absent.",
}
_REFUSALS = {
    "400": "The request is malformed.",
    "404": "There is no such model or version.",
    "405": "Only POST predicts.",
    "408": "The request took too long to arrive.",
    "413": "The request is too large.",
    "415": "The request is not JSON.",
    "422": "The rows do not fit the model's columns; each place is named.",
    "503": "The predictor is busy, its log cannot keep predictions, or features cannot be looked up; ask again after Retry-After.",
    "504": "The request took too long to be answered; the text says whether its predictions may have been kept.",
}


def describe(served: Served) -> dict[str, Any]:
    """The document, as JSON."""
    name, release = served.release.use_case, served.release
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": release.version or release.digest[:12]},
        "paths": {
            f"/v1/models/{name}:predict": {
                "post": _operation("Predict rows", "v1", _v1(served), _v1_answer(served))
            },
            f"/v2/models/{name}/infer": {
                "post": _operation("Predict columns", "v2", _v2(served), _v2_answer())
            },
            "/v1/models": {"get": _reading("The models")},
            f"/v1/models/{name}": {"get": _reading("Whether the model is ready")},
            "/v2": {"get": _reading("The server")},
            "/v2/health/live": {"get": _reading("Whether the server lives")},
            "/v2/health/ready": {"get": _reading("Whether the server is ready")},
            f"/v2/models/{name}": {"get": _reading("The model's columns and outputs")},
            f"/v2/models/{name}/ready": {"get": _reading("Whether the model is ready")},
        },
        "components": {"schemas": {"Refusal": _refusal()}},
    }


def _operation(summary: str, key: str, request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        "summary": summary,
        "operationId": f"predict_{key}",
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": {
            "200": {"description": "Predictions.", "content": {"application/json": {"schema": answer}}},
            **{status: {"description": text, "content": refused} for status, text in _REFUSALS.items()},
        },
    }


def _reading(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "As asked."}}}


def _object(properties: dict[str, Any], required: list[str], extra: bool = False) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": extra}


def _rows(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _v1(served: Served) -> dict[str, Any]:
    form = served.form
    columns = {column.name: _value(column, column.nullable) for column in form.inputs}
    columns |= {column.name: _value(column, nullable=True) for column in form.optional}
    for name, view in form.looked_up.items():
        columns[name] = {**columns[name], "description": _looked_up(columns[name], view)}
    row = _object(columns, [column.name for column in form.inputs if column.name not in form.looked_up])
    if form.views:
        row["allOf"] = [
            {"anyOf": [{"required": list(view.columns)}, {"required": list(view.keys)}]}
            for view in form.views
        ]
    return _object({"instances": _rows(row), "id": _ID}, ["instances"])


def _value(column: Column, nullable: bool) -> dict[str, Any]:
    found = dict(_JSON[column.type])
    if nullable:
        found["type"] = [found["type"], "null"]
    return {**found, "description": column.description} if column.description else found


def _looked_up(value: dict[str, Any], view: KeyedView) -> str:
    told = f"May be left out: then it is looked up in view {view.name} by {', '.join(view.keys)}."
    return " ".join([*([value["description"]] if "description" in value else []), told])


def _v2(served: Served) -> dict[str, Any]:
    columns = (*served.form.inputs, *served.form.optional)
    tensor = _object(
        {
            "name": {"enum": [column.name for column in columns]},
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 0},
                "minItems": 1,
                "maxItems": 2,
            },
            "datatype": {"enum": sorted(set(DATATYPES.values()))},
            "parameters": {"type": "object"},
            "data": {"type": "array"},
        },
        ["name", "shape", "datatype", "data"],
    )
    output = _object({"name": {"enum": list(served.outputs)}, "parameters": {"type": "object"}}, ["name"])
    return _object(
        {
            "id": _ID,
            "parameters": {"type": "object"},
            "inputs": _rows(tensor),
            "outputs": {"type": "array", "items": output},
        },
        ["inputs"],
    )


def _v1_answer(served: Served) -> dict[str, Any]:
    if served.is_regression:
        prediction = _object({"id": {"type": "string"}, "value": {"type": "number"}}, ["id", "value"])
    else:
        label = _JSON[served.manifest.label_type]
        scores = _object({key: {"type": "number"} for key in served.classes}, list(served.classes))
        prediction = _object(
            {"id": {"type": "string"}, "label": label, "probabilities": scores},
            ["id", "label", "probabilities"],
        )
    told = {
        "predictions": _rows(prediction),
        "model_name": {"type": "string"},
        "model_version": {"type": "string"},
    }
    return _object(told, list(told), extra=True)


def _v2_answer() -> dict[str, Any]:
    names = {"name": {"type": "string"}, "datatype": {"type": "string"}}
    tensor = _object(
        {**names, "shape": {"type": "array"}, "data": {"type": "array"}},
        ["name", "datatype", "shape", "data"],
    )
    told = {key: {"type": "string"} for key in ("model_name", "model_version", "id")}
    return _object({**told, "outputs": _rows(tensor)}, [*told, "outputs"])


def _refusal() -> dict[str, Any]:
    problem = _object(
        {"field": {"type": "string"}, "row": {"type": ["integer", "null"]}, "problem": {"type": "string"}},
        ["field", "row", "problem"],
    )
    return _object({"error": {"type": "string"}, "problems": {"type": "array", "items": problem}}, ["error"])
