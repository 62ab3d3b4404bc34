"""The folders of the prediction log, one for each use case and hour: `PLACE/USE_CASE/hour=YYYY-MM-DDTHH`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.prediction import EVENT_TIME

HOUR = timedelta(hours=1)


def folder(place: str, use_case: str, hour: datetime) -> str:
    """Address of the folder of an hour.

    Args:
        place: Address of the log.
        use_case: Whose predictions.
        hour: Any instant in it.
    """
    return f"{place.rstrip('/')}/{use_case}/hour={hour.astimezone(UTC):%Y-%m-%dT%H}"


def hours_of(rows: pa.Table) -> Iterator[tuple[datetime, pa.Table]]:
    """The rows of each hour of event time, in order of the hours."""
    hours = pc.floor_temporal(rows[EVENT_TIME], unit="hour")
    different = sorted(pc.unique(hours).to_pylist())
    for hour in different:
        yield hour, rows if len(different) == 1 else rows.filter(pc.equal(hours, pa.scalar(hour, hours.type)))


def between(start: datetime, end: datetime) -> list[datetime]:
    """The hours that `[start, end)` touches."""
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    count = max(0, -((first - end.astimezone(UTC)) // HOUR))
    return [first + HOUR * number for number in range(count)]
