"""Tables on the engine, and statistics of a few values."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.analysis.rows import open_rows
from components.analysis.statistics import describe
from components.contracts.reports import ColumnStatistics
from components.contracts.schema import TableSchema
from components.contracts.sections import Analysis

TYPES = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
}


@pytest.fixture(scope="session")
def hostile() -> str:
    """A name, or a value, that breaks what does not quote."""
    return 'Robert\'); DROP TABLE "x";-- <script>alert(1)</script> naïve {{ 7*7 }}'


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> Callable[..., Any]:
    """Makes a file of name to (type, values), and opens it on the engine that the step uses."""
    folder = tmp_path_factory.mktemp("tables")
    numbers = itertools.count()
    pq.write_table(pa.table({"a": [1]}), folder / "first.parquet")
    engine = open_rows(str(folder / "first.parquet"), str(folder)).get_backend()

    def make(**columns: tuple[str, list[Any]]):
        made = pa.table({name: pa.array(values, TYPES[kind]) for name, (kind, values) in columns.items()})
        path = folder / f"{next(numbers)}.parquet"
        pq.write_table(made, path)
        return engine.read_parquet(path)

    return make


@pytest.fixture(scope="session")
def profile(table) -> Callable[..., ColumnStatistics]:
    """Statistics of one column."""

    def make(kind: str, values: list[Any], **analysis: int) -> ColumnStatistics:
        schema = TableSchema.model_validate({"columns": [{"name": "a", "type": kind, "nullable": True}]})
        return describe(table(a=(kind, values)), schema, Analysis(**analysis), "here").columns[0]

    return make
