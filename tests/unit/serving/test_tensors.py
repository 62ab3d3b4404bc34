"""A tensor is a column, in JSON and in binary, or it is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from components.serving.refusal import RefusalError
from components.serving.tensors import values


def tensor(datatype: str = "FP64", shape: object = (2,), **changes: object) -> dict:
    shape = list(shape) if isinstance(shape, tuple) else shape
    return {"name": "x", "datatype": datatype, "shape": shape, **changes}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (tensor(data=[1.5, None]), [1.5, None]),
        (tensor(shape=(2, 1), data=[[1.5], [2]]), [1.5, 2]),
        (tensor("BYTES", data=["a", "b"]), ["a", "b"]),
        (tensor("BOOL", data=[True, False]), [True, False]),
        (tensor("INT64", shape=(0,), data=[]), []),
    ],
)
def test_data_in_json_are_taken_as_they_are(given, found):
    assert values(given, b"", 10) == ("x", found, b"")


@pytest.mark.parametrize(
    ("datatype", "raw", "found"),
    [
        ("FP64", np.array([1.5, -2.0]).tobytes(), [1.5, -2.0]),
        ("FP32", np.array([0.5, 1.0], "<f4").tobytes(), [0.5, 1.0]),
        ("INT8", b"\x01\xff", [1, -1]),
        ("BOOL", b"\x01\x00", [True, False]),
        ("BYTES", struct.pack("<I1sI0s", 1, b"a", 0, b""), ["a", ""]),
    ],
)
def test_data_in_binary_are_read_and_the_rest_is_left(datatype, raw, found):
    given = tensor(datatype, parameters={"binary_data_size": len(raw)})

    assert values(given, raw + b"rest", 10) == ("x", found, b"rest")


@pytest.mark.parametrize(
    ("given", "tail", "reason"),
    [
        ({"datatype": "FP64", "shape": [1], "data": [1]}, b"", "without a name"),
        (tensor("FP65", data=[1, 2]), b"", "no known datatype"),
        (tensor(["FP64"], data=[1, 2]), b"", "no known datatype"),
        (tensor(shape=(2, 2), data=[1, 2, 3, 4]), b"", "no column's"),
        (tensor(shape="2", data=[1, 2]), b"", "no column's"),
        (tensor(shape=(-1,), data=[]), b"", "no column's"),
        (tensor(shape=(True,), data=[1]), b"", "no column's"),
        (tensor(data=[1.0]), b"", "its shape says 2"),
        (tensor(data=None), b"", "has no data"),
        (tensor(data="ab"), b"", "has no data"),
        (tensor(data=["1", "2"]), b"", "is not FP64"),
        (tensor("INT64", data=[1, 2.5]), b"", "is not INT64"),
        (tensor("BOOL", data=[1, 0]), b"", "is not BOOL"),
        (tensor(shape=(11,), data=[1] * 11), b"", "10 at most"),
        (tensor(shape=(10**30,), data=[]), b"", "10 at most"),
        (tensor(parameters={"binary_data_size": 16}), b"short", "5 bytes are left"),
        (tensor(parameters={"binary_data_size": -1}), b"", "is not there"),
        (tensor(parameters={"binary_data_size": 3}), b"abc", "no whole number"),
        (tensor(parameters={"binary_data_size": 8}), b"8 bytes!", "1 values in binary"),
        (tensor(parameters=[1], data=[1, 2]), b"", "no object"),
        (tensor("BYTES", parameters={"binary_data_size": 4}), b"\xff\xff\xff\xff", "end before"),
        (tensor("BYTES", parameters={"binary_data_size": 2}), b"\x01\x00", "no texts"),
        (tensor("BYTES", parameters={"binary_data_size": 5}), b"\x01\x00\x00\x00\xff", "no texts"),
    ],
)
def test_a_malformed_tensor_is_refused(given, tail, reason):
    with pytest.raises(RefusalError) as caught:
        values(given, tail, 10)

    assert reason in caught.value.body()["error"]
    assert 400 <= caught.value.status < 500
