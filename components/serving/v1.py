"""KServe's first protocol: rows as objects.

{"instances": [{"COLUMN": value, …}, …], "id": "optional"}
{"predictions": [{"id": …, "label": …, "probabilities": {…}}, …], "threshold": …, "model_name": …, …}
"""

from __future__ import annotations

from typing import Any

import orjson

from components.serving.documents import require_only
from components.serving.form import Rows, require_rows
from components.serving.outputs import Answers
from components.serving.refusal import Problem, RefusalError
from components.serving.served import Served

_KNOWN = {"instances", "id"}


def rows(found: dict[str, Any], served: Served, most: int) -> Rows:
    """The rows of a request.

    Raises:
        RefusalError: There are none, too many, or they do not fit.
    """
    require_only(found, _KNOWN)
    instances = found.get("instances")
    if not isinstance(instances, list):
        raise RefusalError(
            400, "the request has no rows", [Problem("instances", "must be a list of objects, one per row")]
        )
    require_rows(len(instances), most)
    return served.form.of_objects(instances)


def body(ids: list[str], answers: Answers, served: Served) -> bytes:
    """The answer to a request."""
    if served.is_regression:
        predictions = [{"id": name, "value": value} for name, value in zip(ids, answers.labels, strict=True)]
    else:
        names = served.classes
        predictions = [
            {"id": name, "label": label, "probabilities": dict(zip(names, scores, strict=True))}
            for name, label, scores in zip(ids, answers.labels, answers.scores.tolist(), strict=True)
        ]
    told: dict[str, Any] = {"predictions": predictions}
    if served.manifest.threshold is not None:
        told["positive"], told["threshold"] = served.manifest.positive, served.manifest.threshold
    release = served.release
    told["model_name"], told["model_version"] = release.use_case, release.version
    return orjson.dumps(told)
