"""One tensor of the Open Inference Protocol as a column's values, from JSON or from binary."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from components.serving.refusal import Problem, RefusalError

_NUMBERS = {
    "BOOL": np.dtype("?"),
    **{
        f"{prefix}INT{bits}": np.dtype(f"<{kind}{bits // 8}")
        for prefix, kind in (("", "i"), ("U", "u"))
        for bits in (8, 16, 32, 64)
    },
    **{f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
}
_TYPES: dict[str, tuple[type, ...]] = {"BYTES": (str,), "BOOL": (bool,)}


def values(tensor: dict[str, Any], tail: bytes, most: int) -> tuple[str, list[Any], bytes]:
    """Name and values of a tensor, and what is left of the binary part.

    Raises:
        RefusalError: It is malformed, or its data are not what its datatype and shape say.
    """
    name = tensor.get("name")
    if not isinstance(name, str) or not name:
        raise RefusalError(400, "a tensor has no name", [Problem("inputs", "has a tensor without a name")])
    datatype, count = tensor.get("datatype"), _count(name, tensor.get("shape"))
    if not isinstance(datatype, str) or (datatype != "BYTES" and datatype not in _NUMBERS):
        raise _refused(name, f"has no known datatype; it is one of BYTES, {', '.join(_NUMBERS)}")
    if count > most:
        raise RefusalError(413, f"the request has {count} rows; send {most} at most")
    size = _parameters(name, tensor).get("binary_data_size")
    if size is None:
        return name, _from_json(name, datatype, count, tensor.get("data")), tail
    if "data" in tensor:
        raise _refused(name, "has both data and binary data")
    if type(size) is not int or not 0 <= size <= len(tail):
        raise _refused(name, f"has a binary_data_size that is not there: {len(tail)} bytes are left")
    found = _texts(name, tail[:size]) if datatype == "BYTES" else _numbers(name, datatype, tail[:size])
    if len(found) != count:
        raise _refused(name, f"has {len(found)} values in binary, and its shape says {count}")
    return name, found, tail[size:]


def _parameters(name: str, tensor: dict[str, Any]) -> dict[str, Any]:
    found = tensor.get("parameters")
    if found is not None and not isinstance(found, dict):
        raise _refused(name, "has parameters that are no object")
    return found or {}


def _count(name: str, shape: Any) -> int:
    """Rows: a column is [n] or [n, 1]."""
    if (
        not isinstance(shape, list)
        or len(shape) not in (1, 2)
        or not all(type(size) is int and size >= 0 for size in shape)
        or shape[1:] not in ([], [1])
    ):
        raise _refused(name, "has a shape that is no column's; it is [rows] or [rows, 1]")
    return int(shape[0])


def _from_json(name: str, datatype: str, count: int, data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise _refused(name, "has no data; it is a list of values")
    if data and all(isinstance(part, list) and len(part) == 1 for part in data):
        data = [part[0] for part in data]
    if len(data) != count:
        raise _refused(name, f"has {len(data)} values, and its shape says {count}")
    fitting = _TYPES.get(datatype, (int, float) if datatype.startswith("FP") else (int,))
    for i, value in enumerate(data):
        if value is not None and type(value) not in fitting:
            raise RefusalError(
                422, "the data are not of their datatype", [Problem(name, f"is not {datatype}", i)]
            )
    return list(data)


def _numbers(name: str, datatype: str, raw: bytes) -> list[Any]:
    kind = _NUMBERS[datatype]
    if len(raw) % kind.itemsize:
        raise _refused(name, f"has {len(raw)} bytes of binary data, no whole number of {datatype}")
    return list(np.frombuffer(raw, kind).tolist())


def _texts(name: str, raw: bytes) -> list[Any]:
    found, place = [], 0
    try:
        while place < len(raw):
            (size,) = struct.unpack_from("<I", raw, place)
            place += 4 + size
            if place > len(raw):
                raise _refused(name, "has binary texts that end before they should")
            found.append(raw[place - size : place].decode())
    except (struct.error, UnicodeDecodeError):
        raise _refused(name, "has binary data that are no texts in UTF-8") from None
    return found


def _refused(name: str, message: str) -> RefusalError:
    return RefusalError(400, "a tensor is malformed", [Problem(name, message)])
