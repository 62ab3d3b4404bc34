"""The recorded rows of a use case, to be served in the order they happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from components.contracts.errors import UseCaseError
from components.contracts.sections import Window
from components.extraction.extract import PointInTime, extract
from components.stores import snapshots
from pipelines import library

THE_END = datetime(9999, 1, 1, tzinfo=UTC)
"""Everything is known by then."""


def recorded(
    entry: library.Entry, data: str, features: PointInTime | None = None
) -> Callable[[datetime, datetime], pa.Table]:
    """A reader of the rows of any interval of event time, in its order.

    Args:
        entry: The use case.
        data: What relative addresses are relative to.
        features: The feature store, where the use case looks features up.

    Raises:
        UseCaseError: It has no event time.
        SourceError: The source cannot be read.
    """
    event_time = entry.case.table.event_time
    if event_time is None:
        raise UseCaseError("a replay follows time, and needs table.event_time")
    rows = everything(entry, data, features)
    times = rows[event_time].cast(pa.timestamp("us")).to_numpy()

    def between(start: datetime, end: datetime) -> pa.Table:
        low, high = np.searchsorted(
            times, [np.datetime64(one.replace(tzinfo=None), "us") for one in (start, end)]
        )
        return rows.slice(low, high - low)

    return between


def everything(entry: library.Entry, data: str, features: PointInTime | None = None) -> pa.Table:
    """All rows of a use case as training reads them, in the order of event time and key.

    Raises:
        SourceError, StoreError: The source or the feature store cannot be read.
        DataError: There are no rows, or columns are missing.
    """
    case = entry.case
    whole = case.extraction.model_copy(update={"window": Window()})
    with TemporaryDirectory(prefix="evergreen-") as scratch:
        told = extract(case.table, entry.schema, whole, THE_END, data, scratch, features=features)
        return snapshots.read(told.snapshot)
