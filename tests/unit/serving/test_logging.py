"""Predictions lie in the log as its contract says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.contracts.prediction import log_schema
from components.contracts.release import Release
from components.serving.engines import OnnxEngine
from components.serving.served import Served
from tests.models import ROW, model

NOW = datetime(2024, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("label", ["late", "kind", "cost"])
def test_a_prediction_is_logged_with_its_keys_inputs_and_outputs(label):
    found = model(label)
    release = Release(use_case="shop", version="3", digest="d", address="a", run="r", snapshot="s")
    served = Served(release, found.manifest, OnnxEngine(found.onnx, found.manifest), NOW)
    rows = served.form.of_objects([{**ROW, "id": 7, "at": "2024-03-01T06:00:00Z"}, ROW])
    answers = served.answer(rows)

    batch = served.recorder.batch(["a", "b"], NOW, rows, answers)
    first, second = batch.to_pylist()

    assert batch.schema == log_schema(found.manifest, found.manifest.keys, found.manifest.label_type)
    assert (first["id"], first["version"], first["keys.id"], second["keys.id"]) == ("a", "3", 7, None)
    assert first["event_time"] == datetime(2024, 3, 1, 6, tzinfo=UTC)
    assert second["event_time"] == first["time"] == NOW
    assert first["inputs.shop"] == "s1"
    if label == "cost":
        assert first["outputs.value"] == answers.labels[0]
    else:
        scores = [value for name, value in first.items() if name.startswith("outputs.probability.")]
        assert first["outputs.label"] == answers.labels[0]
        assert sum(scores) == pytest.approx(1, abs=1e-6)
