"""Clients that were not written here talk to the predictor."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

from components.contracts.prediction import class_name
from components.serving.outputs import DATATYPES
from tests.models import COLUMNS, ROW, model

pytestmark = pytest.mark.serving

TYPES = {column["name"]: DATATYPES[column["type"]] for column in COLUMNS}
ARRAYS = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


def expected(label: str) -> np.ndarray:
    return model(label).scores([ROW, ROW])


def by_name(label: str) -> dict[str, float]:
    if label == "cost":
        return {"value": expected(label)[0]}
    names = [f"probability.{class_name(value)}" for value in model(label).manifest.classes]
    return dict(zip(names, expected(label)[0], strict=True))


def test_kserves_client_over_v1(each):
    label, running = each

    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v1"))
        try:
            return await client.infer(running.url, {"instances": [ROW, ROW]}, model_name="shop")
        finally:
            await client.close()

    first, second = asyncio.run(ask())["predictions"]

    assert first.keys() == second.keys()
    if label == "cost":
        assert first["value"] == pytest.approx(expected(label)[0], rel=1e-5)
    else:
        assert list(first["probabilities"].values()) == pytest.approx(expected(label)[0].tolist(), abs=1e-5)
        assert first["label"] == model(label).predict([ROW]).tolist()[0]


def test_kserves_client_over_v2(each):
    label, running = each

    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        inputs = []
        for name, value in ROW.items():
            column = InferInput(name, [2], TYPES[name])
            column.set_data_from_numpy(np.array([value] * 2, ARRAYS[TYPES[name]]), binary_data=False)
            inputs.append(column)
        request = InferRequest("shop", inputs, request_id="mine", parameters={"content_type": "pd"})
        try:
            ready = (
                await client.is_server_ready(running.url),
                await client.is_model_ready(running.url, "shop"),
            )
            return ready, await client.infer(running.url, request, model_name="shop")
        finally:
            await client.close()

    ready, answer = asyncio.run(ask())
    found = {output.name: output.data for output in answer.outputs}

    assert ready == (True, True)
    assert answer.id == "mine"
    assert found["id"] == ["mine-0", "mine-1"]
    for name, value in by_name(label).items():
        assert found[name] == pytest.approx([value] * 2, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("binary", [True, False])
def test_tritons_client_over_v2(each, binary, connect):
    label, running = each
    client = connect(running)
    inputs = []
    for name, value in reversed(ROW.items()):
        column = triton.InferInput(name, [2], TYPES[name])
        column.set_data_from_numpy(np.array([value] * 2, ARRAYS[TYPES[name]]), binary_data=binary)
        inputs.append(column)

    answer = client.infer("shop", inputs, request_id="mine", model_version="1")

    assert client.is_server_live()
    assert client.is_model_ready("shop", "1")
    assert answer.get_response()["id"] == "mine"
    for name, value in by_name(label).items():
        assert answer.as_numpy(name).tolist() == pytest.approx([value] * 2, rel=1e-4, abs=1e-5)


def test_tritons_client_reads_the_metadata(each, connect):
    _, running = each
    client = connect(running)
    told = client.get_model_metadata("shop")

    assert (told["name"], told["versions"], told["platform"]) == ("shop", ["1"], "onnx")
    assert {column["name"] for column in told["inputs"]} == {*ROW, "id", "at"}
    assert client.get_server_metadata()["extensions"] == ["model_repository_extension"]


def test_tritons_client_chooses_outputs_by_name(shop, connect):
    client = connect(shop)
    inputs = []
    for name, value in ROW.items():
        column = triton.InferInput(name, [1], TYPES[name])
        inputs.append(column.set_data_from_numpy(np.array([value], ARRAYS[TYPES[name]])))
    asked = [triton.InferRequestedOutput(name) for name in ("threshold", "label")]

    answer = client.infer("shop", inputs, outputs=asked)

    assert [output["name"] for output in answer.get_response()["outputs"]] == ["threshold", "label"]
    assert answer.as_numpy("threshold").tolist() == [model().manifest.threshold]
    assert answer.as_numpy("label").tolist() == model().predict([ROW]).tolist()
