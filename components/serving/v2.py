"""The Open Inference Protocol: rows as named columns, one tensor each.

    {"id": "optional", "inputs": [{"name": COLUMN, "shape": [n], "datatype": "FP64", "data": […]}, …],
     "outputs": [{"name": "label"}, …]}

Texts, instants and dates are BYTES; nulls stand in `data`; the content type `pd` is accepted and changes nothing.
"""

from __future__ import annotations

from typing import Any

import orjson

from components.serving.documents import require_only
from components.serving.form import Rows, require_rows
from components.serving.outputs import Answers, Output
from components.serving.refusal import Problem, RefusalError
from components.serving.served import Served
from components.serving.tensors import values

_KNOWN = {"id", "parameters", "inputs", "outputs", "model_name"}
"""KServe's own client repeats the model's name."""


def rows(found: dict[str, Any], tail: bytes, served: Served, most: int) -> Rows:
    """The rows of a request.

    Args:
        found: Its JSON.
        tail: What follows the JSON: tensors in binary.
        served: The model.
        most: Rows allowed.

    Raises:
        RefusalError: There are none, too many, or they do not fit.
    """
    require_only(found, _KNOWN)
    inputs = found.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(tensor, dict) for tensor in inputs):
        raise RefusalError(
            400, "the request has no columns", [Problem("inputs", "must be a list of tensors")]
        )
    columns: dict[str, list[Any]] = {}
    count = None
    for tensor in inputs:
        name, data, tail = values(tensor, tail, most)
        if name in columns:
            raise RefusalError(400, "a column is there twice", [Problem(name, "is there twice")])
        if count is not None and len(data) != count:
            problem = Problem(name, f"has {len(data)} rows, and the columns before have {count}")
            raise RefusalError(400, "the columns are not of one length", [problem])
        columns[name], count = data, len(data)
    if tail:
        raise RefusalError(400, f"{len(tail)} bytes follow the last binary tensor")
    if count is None:
        raise RefusalError(422, "the request has no columns", [Problem("inputs", "is empty")])
    require_rows(count, most)
    return served.form.of_columns(columns, count)


def asked(found: dict[str, Any], served: Served) -> list[Output]:
    """The outputs that a request asks for by name, in its order; all when it asks for none.

    Raises:
        RefusalError: It asks for one that the model does not have.
    """
    wanted = found.get("outputs")
    known = served.outputs
    if wanted is None or wanted == []:
        return list(known.values())
    if not isinstance(wanted, list) or not all(
        isinstance(output, dict) and isinstance(output.get("name"), str) for output in wanted
    ):
        raise RefusalError(
            400,
            "the outputs are not understood",
            [Problem("outputs", "must be a list of objects with a name")],
        )
    unknown = [output["name"] for output in wanted if output["name"] not in known]
    if unknown:
        problems = [Problem(name, f"is no output; there are {', '.join(known)}") for name in unknown]
        raise RefusalError(422, "the model has no such output", problems)
    return [known[output["name"]] for output in wanted]


def body(request: str, ids: list[str], answers: Answers, served: Served, wanted: list[Output]) -> bytes:
    """The answer to a request."""
    told: dict[str, Any] = {
        "model_name": served.release.use_case,
        "model_version": served.release.version,
        "id": request,
        "outputs": [
            {
                "name": output.name,
                "shape": [len(ids)],
                "datatype": output.datatype,
                "data": output.data(ids, answers),
            }
            for output in wanted
        ],
    }
    return orjson.dumps(told)
