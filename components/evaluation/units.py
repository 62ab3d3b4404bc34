"""What the bootstrap draws: blocks of time, groups or rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.contracts.sections import Bootstrap, Table
from components.evaluation.bootstrap import FEWEST_BLOCKS, blocks
from components.evaluation.predictions import Integers


class Units(NamedTuple):
    """The unit of each row."""

    of: Integers
    """(n,) 0 to size - 1."""
    size: int
    note: str | None = None
    """What a reader of the intervals should know."""


def units(rows: pa.Table, table: Table, bootstrap: Bootstrap) -> Units:
    """Blocks of event time; without event time groups; single rows where there is neither or there are too few.

    Raises:
        UseCaseError: The block's length is empty.
    """
    single = Units(np.arange(rows.num_rows), rows.num_rows)
    if bootstrap.block is None:
        return single
    if table.event_time is not None:
        what, shared = (
            f"blocks of {bootstrap.block}",
            blocks(event_times(rows, table.event_time), bootstrap.block),
        )
    elif table.group is not None:
        what, shared = f"groups of {table.group}", _codes(rows[table.group])
    else:
        return single._replace(note="Without event time, the intervals draw the rows one by one.")
    found, of = np.unique(shared, return_inverse=True)
    if len(found) >= FEWEST_BLOCKS:
        return Units(of, len(found))
    return single._replace(
        note=f"The held-out rows span only {len(found)} {what}, fewer than {FEWEST_BLOCKS}: the intervals draw the rows "
        "one by one, and are too narrow where rows of a block resemble each other."
    )


def event_times(rows: pa.Table, column: str) -> npt.NDArray[np.datetime64]:
    """(n,) event times in UTC, as microseconds."""
    return np.asarray(rows[column].cast(pa.timestamp("us")).to_numpy())


def span(rows: pa.Table, column: str | None) -> tuple[datetime, datetime] | None:
    """First and last event time, if there are any."""
    if column is None:
        return None
    times = event_times(rows, column)
    there = times[~np.isnat(times)]
    if not len(there):
        return None
    first, last = (moment.item().replace(tzinfo=UTC) for moment in (there.min(), there.max()))
    return first, last


def _codes(column: pa.ChunkedArray) -> Integers:
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
