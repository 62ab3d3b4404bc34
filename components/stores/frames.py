"""Frames of a write-ahead file: each holds the predictions of one request, whole or not at all.

    magic (4 bytes)  kind (1)  length (4)  CRC-32 of kind and payload (4)  payload

Numbers are little-endian. A file begins with a frame that holds the schema; the others hold rows, as an Arrow message or
as lines of JSON. Whatever was cut off or altered is passed over, and every whole frame is found.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.json as pj

from components.contracts.errors import DataError

SCHEMA, ARROW, JSON = 0, 1, 2

_MAGIC = b"\xe7\x1e\x91\x0f"
_HEAD = struct.Struct("<4sBII")
_KINDS = [bytes([kind]) for kind in (SCHEMA, ARROW, JSON)]
_CRC_OF_KIND = [zlib.crc32(kind) for kind in _KINDS]
_LARGEST = 2**31 - 1
_BREATH = 64
"""Frames after which other threads get a turn."""


class _Frame(NamedTuple):
    kind: int
    payload: memoryview


class Decoded(NamedTuple):
    """What was found in a write-ahead file."""

    rows: pa.Table | None
    """None where there is no row."""
    damaged: int = 0
    """Bytes that belong to no whole frame."""
    misfits: tuple[bytes, ...] = ()
    """Whole frames whose rows do not fit the file's schema."""


def frame(kind: int, payload: bytes | memoryview) -> bytes:
    """A frame.

    Raises:
        DataError: The payload is 2 GiB or more.
    """
    if len(payload) > _LARGEST:
        raise DataError(
            f"{len(payload):,} bytes of predictions at once are too many; send fewer rows at a time"
        )
    return _HEAD.pack(_MAGIC, kind, len(payload), zlib.crc32(payload, _CRC_OF_KIND[kind])) + payload


def schema_frame(schema: pa.Schema) -> bytes:
    """The first frame of a file."""
    return frame(SCHEMA, memoryview(schema.serialize()))


def arrow_frame(rows: pa.RecordBatch) -> bytes:
    """Rows as a frame; some 10 µs for one or a hundred."""
    return frame(ARROW, memoryview(rows.serialize()))


def json_frame(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a frame; a few µs each. A single one costs a tenth of what it takes to make an Arrow batch of it.

    Raises:
        DataError: A value is none that JSON or NumPy knows.
    """
    try:
        return frame(JSON, b"\n".join([orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY) for row in rows]))
    except TypeError as error:
        raise DataError(f"a prediction cannot be logged: {error}") from error


def decode(data: bytes | memoryview) -> Decoded:
    """All rows of a file. Python's lock is given up every few frames, so that requests are answered meanwhile."""
    whole = memoryview(data)
    found: list[_Frame] = []
    for each in frames(whole):
        found.append(each)
        if len(found) % _BREATH == 0:
            time.sleep(0)
    damaged = len(whole) - sum(_HEAD.size + len(each.payload) for each in found)
    if not found or found[0].kind != SCHEMA:
        return Decoded(None, damaged, tuple(bytes(each.payload) for each in found))
    try:
        return Decoded(_table(found[0], found[1:]), damaged)
    except pa.ArrowException:
        return _one_by_one(found[0], found[1:], damaged)


def frames(data: memoryview) -> Iterator[_Frame]:
    """Every whole frame, in order."""
    place, end = 0, len(data)
    while end - place >= _HEAD.size:
        magic, kind, length, crc = _HEAD.unpack_from(data, place)
        start = place + _HEAD.size
        payload = data[start : start + length]
        if (
            magic == _MAGIC
            and kind < len(_KINDS)
            and len(payload) == length
            and zlib.crc32(payload, _CRC_OF_KIND[kind]) == crc
        ):
            yield _Frame(kind, payload)
            place = start + length
            continue
        following = bytes(data[place + 1 :]).find(_MAGIC)
        place = end if following < 0 else place + 1 + following


def _table(head: _Frame, found: Sequence[_Frame]) -> pa.Table | None:
    schema = pa.ipc.read_schema(pa.py_buffer(head.payload))
    arrow = [each.payload for each in found if each.kind == ARROW]
    json = [each.payload for each in found if each.kind == JSON]
    parts = []
    if arrow:
        # Schema and batches, one after the other, are an Arrow stream, which is read without Python's lock.
        parts.append(pa.ipc.open_stream(b"".join([head.payload, *arrow])).read_all().combine_chunks())
    if json:
        parts.append(_from_json(b"\n".join(json), schema))
    return pa.concat_tables(parts) if parts else None


def _one_by_one(head: _Frame, found: Sequence[_Frame], damaged: int) -> Decoded:
    parts, misfits = [], []
    for each in found:
        try:
            parts.append(_table(head, [each]))
        except pa.ArrowException:
            misfits.append(bytes(each.payload))
    return Decoded(pa.concat_tables(parts) if parts else None, damaged, tuple(misfits))


def _from_json(lines: bytes, schema: pa.Schema) -> pa.Table:
    # Arrow's JSON knows no dates and no zones, its casts do.
    known = pa.schema([(field.name, _in_json(field.type)) for field in schema])
    read = pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=False, block_size=max(len(lines), 1024)),
        parse_options=pj.ParseOptions(explicit_schema=known, unexpected_field_behavior="error"),
    )
    return read.select(schema.names).cast(schema)


def _in_json(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_temporal(kind) else kind
