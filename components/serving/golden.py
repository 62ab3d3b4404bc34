"""Ask a pod the golden rows of its model, and compare its answers with those of the day it was made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from components.contracts.errors import StoreError
from components.contracts.release import Release
from components.stores import objects

TOLERANCE = 1e-5
"""Of a probability; for numbers, relative to the largest of them. What ONNX may differ by from scikit-learn."""


def disagreements(release: Release, ask: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> list[str]:
    """What is wrong with the answers to a release's golden rows; nothing when all are as they were.

    Args:
        release: What is asked.
        ask: Sends a v1 prediction request and returns the answer.

    Raises:
        StoreError: The golden rows cannot be read.
    """
    try:
        golden = json.loads(objects.read_bytes(f"{release.address}/golden.json"))
    except json.JSONDecodeError as error:
        raise StoreError(f"{release.address}/golden.json is not JSON: {error}") from error
    # Its own ids: reading the prediction log leaves out what is repeated, and nobody waits for their ground truth.
    answer = ask({"id": f"golden-{release.digest[:12]}", "instances": golden["rows"]})
    found = [numbers(one) for one in answer.get("predictions", ())]
    return compare(golden["scores"], found)


def numbers(prediction: Mapping[str, Any]) -> list[float]:
    """The scores in one answer: probabilities in the order of the classes, or the one number."""
    if "value" in prediction:
        return [float(prediction["value"])]
    return [float(value) for value in prediction["probabilities"].values()]


def compare(expected: list[list[float]], found: list[list[float]]) -> list[str]:
    """Each row whose scores differ; NaN always does."""
    if len(found) != len(expected):
        return [f"{len(expected)} rows were asked and {len(found)} answered"]
    unit = max([1.0, *(abs(value) for row in expected for value in row)])
    return [
        f"row {place}: {got} in place of {wanted}"
        for place, (wanted, got) in enumerate(zip(expected, found, strict=True))
        if len(wanted) != len(got)
        or not all(abs(one - other) <= TOLERANCE * unit for one, other in zip(wanted, got, strict=True))
    ]
