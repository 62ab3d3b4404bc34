"""Whether a predictor answers as the model did offline."""

import math

import pytest

from components.contracts.model import Golden, Input, ModelManifest
from components.serving.replay import distance

SIZE = Input(name="size", type="float64", treatment="numeric")
ROWS = ({"size": 1.0}, {"size": 2.0})


class Answering:
    """Gives the answers it was made with."""

    def __init__(self, *told):
        self._told = told

    def predictions(self, rows):
        return self._told


def manifest(**changes):
    known = {"label": "sold", "inputs": (SIZE,), "algorithm": "linear", "parameters": {}, "snapshot": "s"}
    return ModelManifest.model_validate({**known, **changes})


PRICE = manifest(task="regression")
SOLD = manifest(task="classification", classes=(False, True), positive=True, threshold=0.5)


def sold(label, yes):
    return {"id": "1", "label": label, "probabilities": {"false": 1 - yes, "true": yes}}


@pytest.mark.parametrize(
    ("told", "apart"),
    [
        (({"value": 3.0}, {"value": 4.0}), 0.0),
        (({"value": 3.0}, {"value": 4.25}), 0.25),
        (({"value": 3.0}, {"value": math.nan}), math.inf),
        (({"value": 3.0},), math.inf),
    ],
)
def test_numbers(told, apart):
    golden = Golden(rows=ROWS, scores=((3.0,), (4.0,)))
    assert distance(Answering(*told), PRICE, golden) == apart


@pytest.mark.parametrize(
    ("told", "apart"),
    [
        ((sold(False, 0.25), sold(True, 0.75)), 0.0),
        ((sold(False, 0.25), sold(True, 0.875)), 0.125),
        ((sold(False, 0.25), sold(False, 0.75)), math.inf),
    ],
)
def test_probabilities_and_the_label_that_follows_from_them(told, apart):
    golden = Golden(rows=ROWS, scores=((0.75, 0.25), (0.25, 0.75)))
    assert distance(Answering(*told), SOLD, golden) == apart
