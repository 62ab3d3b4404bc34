"""Rows out of a file, as a request sends them: CSV, Parquet or JSON lines, told apart by how they begin."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.errors import DataError
from components.contracts.model import ModelManifest
from components.contracts.schema import Column, ColumnType

Row = dict[str, Any]

_PARQUET = b"PAR1"


def read_rows(file: str, columns: Sequence[Column]) -> list[Row]:
    """The rows of a file, in its order.

    A cell of CSV that is no value of its column's type stays the text it is, so that it is refused and named.

    Args:
        file: Its path, or `-` for standard input.
        columns: Those that a request may hold; others of the file are left out.

    Raises:
        DataError: The file cannot be read.
    """
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        types = {column.name: column.type for column in columns}
        return [{name: row[name] for name in row if name in types} for row in _rows(content, types)]
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, pa.ArrowException, csv.Error) as error:
        raise DataError(
            f"{file} is neither CSV with a header, nor Parquet, nor JSON lines: {error}"
        ) from error


def columns(manifest: ModelManifest) -> tuple[Column, ...]:
    """The columns that a request for a model's predictions may hold."""
    return (*manifest.optional(), *manifest.inputs)


def _rows(content: bytes, types: Mapping[str, ColumnType]) -> Iterator[Row]:
    if content.startswith(_PARQUET):
        return _from_parquet(content)
    text = content.decode("utf-8-sig")
    return _from_lines(text) if text.lstrip().startswith("{") else _from_csv(text, types)


def _from_parquet(content: bytes) -> Iterator[Row]:
    for batch in pq.ParquetFile(io.BytesIO(content)).iter_batches():
        for row in batch.to_pylist():
            yield {name: _plain(value) for name, value in row.items()}


def _from_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not an object")
            yield row


def _from_csv(text: str, types: Mapping[str, ColumnType]) -> Iterator[Row]:
    for cells in csv.DictReader(io.StringIO(text), strict=True):
        extra, short = cells.pop(None, None), None in cells.values()
        if extra or short:
            raise ValueError("a line has more or fewer cells than the header")
        yield {name: _cell(cell, types.get(name, "string")) for name, cell in cells.items()}


def _cell(text: str, type_: ColumnType) -> Any:
    if text == "":
        return None
    if type_ not in _READ:
        return text
    try:
        return _READ[type_](text)
    except (ValueError, KeyError):
        return text


_READ: dict[ColumnType, Callable[[str], Any]] = {
    "int64": int,
    "float64": float,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
