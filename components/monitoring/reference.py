"""The rows that the champion learned from, in the form of the prediction log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.prediction import EVENT_TIME, INPUTS
from components.contracts.sections import Table
from components.monitoring.served import DAY, TRUTH, answers
from components.stores.models import Model
from components.stores.snapshots import open_snapshot


def write_reference(model: Model, table: Table, store: str, path: Path) -> datetime:
    """Write the rows of the champion's snapshot in the form of the log; answers of those it was not fitted on.

    Returns:
        The last event time among them.
    """
    manifest = model.manifest
    dataset = open_snapshot(f"{store}/snapshots/{manifest.snapshot}")
    names = [column.name for column in manifest.inputs]
    columns = list(dict.fromkeys([*names, str(table.event_time), table.label]))
    until, last = np.datetime64(_utc(manifest.trained_until), "us"), datetime(1970, 1, 1, tzinfo=UTC)
    writer = None
    try:
        for batch in dataset.to_batches(columns=columns, batch_size=100_000):
            part = _as_logged(pa.Table.from_batches([batch]), model, table, names, until)
            writer = writer or pq.ParquetWriter(path, part.schema)
            writer.write_table(part)
            times = part[EVENT_TIME].drop_null()
            last = max([last, *([max(times.to_pylist())] if len(times) else [])])
    finally:
        if writer is not None:
            writer.close()
    return last


def _as_logged(
    rows: pa.Table, model: Model, table: Table, names: list[str], until: np.datetime64
) -> pa.Table:
    event = rows[str(table.event_time)].cast(pa.timestamp("us")).to_numpy()
    unseen = event > until
    scores = np.full((rows.num_rows, max(1, len(model.manifest.classes))), np.nan)
    if unseen.any():
        found = model.scores(rows.filter(pa.array(unseen)))
        scores[unseen] = found[:, None] if found.ndim == 1 else found
    flat = scores[:, 0] if model.manifest.task == "regression" else scores
    said = {
        name: pa.array(column.to_numpy(zero_copy_only=False), mask=~unseen)
        for name, column in answers(flat, model.manifest).items()
    }
    day = event.astype("datetime64[D]").astype(np.int64)
    return pa.table(
        {INPUTS + name: rows[name] for name in names}
        | {EVENT_TIME: pa.array(event, pa.timestamp("us", "UTC")), DAY: day, TRUTH: rows[table.label]}
        | said
    )


def _utc(instant: datetime | None) -> datetime:
    return (
        (instant or datetime.max.replace(tzinfo=UTC) - timedelta(days=1)).astimezone(UTC).replace(tzinfo=None)
    )
