"""Predictions lie in the log as its contract says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from components.contracts.release import Release
from components.serving.engines import OnnxEngine
from components.serving.logging import FEW
from components.serving.served import Served
from components.stores.predictions import PredictionLog
from components.stores.served import read_predictions
from tests.models import ROW, model

NOW = datetime(2024, 3, 2, tzinfo=UTC)


def logged(folder, label: str, times: int) -> tuple[list[dict], list, Served]:
    """What is read of the predictions of one request, in order, beside its answers."""
    found = model(label)
    release = Release(use_case="shop", version="3", digest="d", address="a", run="r", snapshot="s")
    served = Served(release, found.manifest, OnnxEngine(found.onnx, found.manifest), NOW)
    rows = served.form.of_objects([{**ROW, "id": 7, "at": "2024-03-01T06:00:00Z"}, ROW] * times)
    answers = served.answer(rows)
    log = PredictionLog(folder / "journal", str(folder / "place"), "shop")
    ids = [f"{number:02}" for number in range(rows.count)]
    served.recorder.keep(log, ids, NOW, rows, answers)
    log.close()
    read = read_predictions(str(folder / "place"), "shop", NOW - timedelta(days=2), NOW + timedelta(days=1))
    return read.order_by("id").to_pyarrow().to_pylist(), answers.labels, served


@pytest.mark.parametrize("label", ["late", "kind", "cost"])
@pytest.mark.parametrize("times", [1, FEW])
def test_a_prediction_is_logged_with_its_keys_inputs_and_outputs(label, times, tmp_path):
    read, labels, served = logged(tmp_path, label, times)
    first, second = read[:2]

    assert len(read) == 2 * times
    assert set(first) == set(served.recorder.schema.names)
    assert (first["id"], first["version"], first["keys.id"], second["keys.id"]) == ("00", "3", 7, None)
    assert first["event_time"] == datetime(2024, 3, 1, 6, tzinfo=UTC)
    assert second["event_time"] == first["time"] == NOW
    assert first["inputs.shop"] == "s1"
    if label == "cost":
        assert first["outputs.value"] == labels[0]
    else:
        scores = [value for name, value in first.items() if name.startswith("outputs.probability.")]
        assert first["outputs.label"] == labels[0]
        assert sum(scores) == pytest.approx(1, abs=1e-6)
