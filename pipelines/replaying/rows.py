"""The recorded rows of a use case, to be served in the order they happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pyarrow as pa

from components.contracts.errors import UseCaseError
from components.extraction.conversion import conform, final
from components.extraction.extract import PointInTime
from components.stores.databases import engine
from pipelines import library
from pipelines.drafting.rows import copied


def whole(entry: library.Entry, data: str, features: PointInTime | None = None) -> pa.Table:
    """All rows of a use case, each with the features as of its event time, in order of event time and key.

    Args:
        entry: The use case.
        data: What relative addresses are relative to.
        features: The feature store, where the use case looks features up.

    Raises:
        UseCaseError: It has no event time.
        SourceError: The source cannot be read, or does not fit the schema.
        StoreError: The feature store cannot be read.
    """
    case, schema = entry.case, entry.schema
    if case.table.event_time is None:
        raise UseCaseError("the past is lived in its order, and that needs table.event_time")
    types = {name: schema.column(name).type for name in schema.names()}
    with copied(case.extraction, data, schema, case.table.event_time, features) as path:
        backend = engine()
        rows = final(conform(backend.read_parquet(str(path)), types, is_text=False))
        order = list(dict.fromkeys([case.table.event_time, *case.table.key]))
        found: pa.Table = rows.filter(rows[case.table.event_time].notnull()).order_by(order).to_pyarrow()
    return found


def recorded(rows: pa.Table, event_time: str) -> Callable[[datetime, datetime], pa.Table]:
    """A reader of the rows of any interval of event time.

    Args:
        rows: What `whole` gave.
        event_time: Their column of time.
    """
    times = rows[event_time].cast(pa.timestamp("us")).to_numpy()

    def between(start: datetime, end: datetime) -> pa.Table:
        low, high = np.searchsorted(
            times, [np.datetime64(one.replace(tzinfo=None), "us") for one in (start, end)]
        )
        return rows.slice(low, high - low)

    return between
