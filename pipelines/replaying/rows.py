"""The recorded rows of a use case, to be served in the order they happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pyarrow as pa

from components.contracts.errors import UseCaseError
from components.extraction.sources import source
from pipelines import library


def recorded(entry: library.Entry, data: str) -> Callable[[datetime, datetime], pa.Table]:
    """A reader of the rows of any interval of event time, in its order.

    Args:
        entry: The use case.
        data: What relative addresses are relative to.

    Raises:
        UseCaseError: It has no event time.
        SourceError: The source cannot be read.
    """
    event_time = entry.case.table.event_time
    if event_time is None:
        raise UseCaseError("a replay follows time, and needs table.event_time")
    table = source(entry.case.extraction, data, entry.schema)
    rows = (
        table.filter(table[event_time].notnull())
        .order_by(list(dict.fromkeys([event_time, *entry.case.table.key])))
        .to_pyarrow()
    )
    times = rows[event_time].cast(pa.timestamp("us")).to_numpy()

    def between(start: datetime, end: datetime) -> pa.Table:
        low, high = np.searchsorted(
            times, [np.datetime64(one.replace(tzinfo=None), "us") for one in (start, end)]
        )
        return rows.slice(low, high - low)

    return between
