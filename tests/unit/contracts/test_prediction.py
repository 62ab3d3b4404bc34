from __future__ import annotations

import pyarrow as pa

from components.contracts.model import Input, ModelManifest
from components.contracts.prediction import log_schema
from components.contracts.schema import Column

SIZE = Input(name="size", type="float64", treatment="numeric")
COLOUR = Input(name="colour of it", type="string", treatment="categorical")


def manifest(**changes) -> ModelManifest:
    known = {"task": "classification", "label": "sold", "classes": (False, True), "positive": True}
    return ModelManifest(
        **{**known, "inputs": (SIZE, COLOUR), "algorithm": "linear", "snapshot": "s", **changes}
    )


def test_a_classifier_logs_its_inputs_the_label_and_every_probability():
    logged = log_schema(manifest(), [Column(name="shop id", type="int64")], "boolean")

    assert logged.names[6:] == [
        "keys.shop id",
        "inputs.size",
        "inputs.colour of it",
        "outputs.label",
        "outputs.probability.false",
        "outputs.probability.true",
    ]
    assert logged.field("keys.shop id").type == pa.int64()
    assert logged.field("outputs.label").type == pa.bool_()


def test_a_regression_logs_its_number():
    logged = log_schema(manifest(task="regression", classes=(), positive=None))

    assert logged.names[-1] == "outputs.value"


def test_every_prediction_says_when_and_whose_it_is():
    logged = log_schema(manifest())

    assert logged.names[:6] == ["id", "time", "event_time", "use_case", "version", "model"]
    assert not any(field.nullable for field in list(logged)[:6])
