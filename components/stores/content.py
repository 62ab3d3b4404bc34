"""What a snapshot's rows are, apart from how they are laid out: canonical batches and their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as kinds

CHUNK_ROWS = 65_536
"""Rows that are hashed, and written, at a time; fewer of wide rows."""

_CHUNK_CELLS = 2_097_152


def chunk_rows(columns: int) -> int:
    """Rows of a chunk."""
    return max(1024, min(CHUNK_ROWS, _CHUNK_CELLS // max(columns, 1)))


def canonical_schema(schema: pa.Schema) -> pa.Schema:
    """The schema without what is layout: dictionaries, large offsets, metadata and nullability."""
    return pa.schema([(field.name, _plain(field.type)) for field in schema])


def canonical_chunks(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in chunks of `chunk_rows`, the last one shorter, whatever the batches were.

    Args:
        batches: In order.
        schema: What `canonical_schema` gave for theirs.
    """
    held: list[pa.RecordBatch] = []
    rows, size = 0, chunk_rows(len(schema))
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= size:
            table = pa.Table.from_batches(held)
            yield _canonical(table.slice(0, size), schema)
            held = table.slice(size).to_batches()
            rows -= size
    if rows:
        yield _canonical(pa.Table.from_batches(held), schema)


class Digest:
    """SHA-256 over names, types and rows.

    Of each column of a chunk: which values are there, then the values with zero in place of the missing; of text
    the lengths, then the UTF-8 bytes. All numbers are little-endian.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._hash = hashlib.sha256(json.dumps([[field.name, str(field.type)] for field in schema]).encode())

    def update(self, chunk: pa.Table) -> None:
        """Take in a chunk that `canonical_chunks` gave."""
        self._hash.update(chunk.num_rows.to_bytes(8, "little"))
        for column in chunk.columns:
            values = column.combine_chunks()
            self._hash.update(np.packbits(pc.is_valid(values).to_numpy(zero_copy_only=False)).tobytes())
            for part in _parts(values):
                self._hash.update(part.tobytes())

    def hexdigest(self) -> str:
        """The digest of all rows so far."""
        return self._hash.hexdigest()


def _plain(kind: pa.DataType) -> pa.DataType:
    if kinds.is_dictionary(kind):
        return _plain(kind.value_type)
    return pa.string() if kinds.is_large_string(kind) or kinds.is_string_view(kind) else kind


def _canonical(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        _one_nan(column.cast(field.type)) if kinds.is_floating(field.type) else column.cast(field.type)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _one_nan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """NaN of one bit pattern, and no negative zero: values that compare equal are equal."""
    return pc.if_else(
        pc.is_nan(column), pa.scalar(np.nan, column.type), pc.add(column, pa.scalar(0.0, column.type))
    )


def _parts(values: pa.Array) -> Iterator[np.ndarray]:
    kind = values.type
    if kinds.is_string(kind):
        text = pc.fill_null(values, "")
        offsets = np.frombuffer(text.buffers()[1], "<i4")[text.offset : text.offset + len(text) + 1]
        yield np.diff(offsets)
        content = text.buffers()[2]
        if content is not None:
            yield np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]
    elif kinds.is_boolean(kind):
        yield np.packbits(pc.fill_null(values, False).to_numpy(zero_copy_only=False))
    else:
        width = "<i4" if kinds.is_date32(kind) else "<f8" if kinds.is_floating(kind) else "<i8"
        whole = pa.int32() if kinds.is_date32(kind) else pa.int64()
        numbers = values if kinds.is_floating(kind) else values.cast(whole)
        yield pc.fill_null(numbers, 0).to_numpy(zero_copy_only=False).astype(width, copy=False)
