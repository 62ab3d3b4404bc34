"""Rows and values in memory, joined as the store joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from components.features.asof import ViewRows, point_in_time
from components.stores.databases import engine

INSTANT = pa.timestamp("us", "UTC")
ENTITIES = pa.schema([("row", pa.int64()), ("a", pa.int64()), ("b", pa.string()), ("at", INSTANT)])
VALUES = pa.schema(
    [("k", pa.int64()), ("l", pa.string()), ("time", INSTANT), ("written", INSTANT), ("value", pa.int64())]
)


def hour(number: float | None) -> datetime | None:
    """An instant, some hours after the first."""
    return None if number is None else datetime(2013, 1, 1, tzinfo=UTC) + timedelta(hours=number)


def table(rows: Sequence[tuple], schema: pa.Schema) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


@pytest.fixture(scope="session")
def connection() -> Iterator[Any]:
    """One engine for all tests."""
    backend = engine()
    yield backend.con
    backend.disconnect()


@pytest.fixture(scope="session")
def joined(connection) -> Callable[..., dict[int, Any]]:
    """Join rows with values: each row's number to the value that was found."""

    def join(entities, values, ttl=None, by_created=True):
        connection.register("entities", table(entities, ENTITIES))
        connection.register("held", table(values, VALUES))
        view = ViewRows("held", "time", "written", {"a": "k", "b": "l"}, {"found": "value"}, ["value"], ttl)
        sql = point_in_time("entities", "at", [view], by_created)
        rows = connection.sql(f"SELECT row, found FROM ({sql})").fetchall()
        assert len(rows) == len(entities)
        return dict(rows)

    return join
