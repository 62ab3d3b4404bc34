"""The rows that a training would have read when a window began."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from components.contracts.errors import DataError
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Table
from components.contracts.watching import Monitoring
from components.extraction.extract import PointInTime, extract
from components.stores import snapshots


def known_before(
    start: datetime,
    fresh: datetime | None,
    table: Table,
    schema: TableSchema,
    extraction: Extraction,
    monitoring: Monitoring,
    data: str,
    store: str,
    features: PointInTime | None = None,
) -> pa.Table | None:
    """The rows of a training at an instant; None when they would teach no more than the champion knows.

    Args:
        start: When the window begins.
        fresh: Last event time that the champion was fitted on.
        table: What the columns mean.
        schema: Columns and types.
        extraction: Where training reads its rows.
        monitoring: Whether there is a shadow at all.
        data: What relative addresses are relative to.
        store: Where the snapshot is kept.
        features: The feature store, where the use case looks features up.

    Raises:
        SourceError, StoreError: The rows cannot be read or kept.
    """
    if monitoring.shadow is None or (fresh is not None and start <= fresh):
        return None
    try:
        told = extract(table, schema, extraction, start, data, store, features=features)
    except DataError:  # there was nothing to train on yet
        return None
    return snapshots.read(told.snapshot)
