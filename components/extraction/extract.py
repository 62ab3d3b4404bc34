"""A batch of rows, from the source to a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.errors import UseCaseError
from components.contracts.reports import ExtractionReport
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Lookup, Table
from components.extraction.conversion import conform, final
from components.extraction.lean import LeanDataset
from components.extraction.origins import Origin
from components.extraction.sources import opened, require_fit
from components.extraction.window import View
from components.stores import snapshots
from components.stores.content import chunk_rows
from components.stores.databases import engine, make_room


class PointInTime(Protocol):
    """What adds to rows what was known at the time of each (`stores.features`)."""

    def complete(self, rows: Path, event_time: str, lookups: Sequence[Lookup], into: Path) -> None:
        """Write the rows of a Parquet file with the columns that are looked up."""


def extract(
    table: Table,
    schema: TableSchema,
    extraction: Extraction,
    as_of: datetime,
    data: str,
    store: str,
    environment: str = "training",
    features: PointInTime | None = None,
) -> ExtractionReport:
    """Read the rows of a window and keep them as a snapshot. Memory does not grow with the rows.

    Args:
        table: What the columns mean.
        schema: The columns that are kept, and their types.
        extraction: Where the rows are, and the window.
        as_of: The instant that the run pretends it is.
        data: What relative addresses are relative to.
        store: Where the snapshot is kept.
        environment: `training`, or `serving`: without what is only known after the outcome, and with the rows whose
            outcome is not known yet.
        features: The feature store; needed where `extraction.features` names columns.

    Raises:
        UseCaseError: The table names columns that the schema does not have, or there is no such environment.
        SourceError: The source cannot be read, or a column changed its type.
        DataError: Columns are missing, or there are no rows in the window.
        StoreError: The snapshot cannot be written.
    """
    _require_roles(table, schema)
    if environment != "training":
        table, schema = _without_outcome(table, schema, environment)
    view = View.at(as_of, table, extraction)
    own = schema.without(extraction.looked_up())
    with opened(extraction, data, own) as (origin, source):
        with origin.reading():
            tally = view.tally(source)
        view.require_rows(tally, origin.name)
        rows = view.rows(source)
        require_fit(origin, rows)
        with TemporaryDirectory(prefix="evergreen-") as scratch:
            whole = final(rows)
            if extraction.features:
                whole = _completed(origin, whole, table, schema, extraction, features, Path(scratch))
            duplicates, ordered = _ordered(origin, whole, table, Path(scratch))
            kept = snapshots.write(ordered, store)
    return _report(view, tally, kept, duplicates)


def canonical(rows: ir.Table, table: Table, is_unique: bool = False) -> ir.Table:
    """The rows in the order that a snapshot has them, whatever the source's.

    Columns: event time, key, then the others by name. Rows: by the columns in that order, nulls last.

    Args:
        rows: Any order.
        table: What the columns mean.
        is_unique: Whether event time and key decide the order alone, which spares sorting by the rest.
    """
    lead = list(dict.fromkeys([*([table.event_time] if table.event_time else []), *table.key]))
    names = lead + sorted(set(rows.columns) - set(lead))
    by = lead if is_unique else names
    return rows.select(names).order_by([ibis.asc(rows[name], nulls_first=False) for name in by])


def _ordered(origin: Origin, rows: ir.Table, table: Table, scratch: Path) -> tuple[int, Any]:
    """How many rows are beyond the first of their key, and a reader of the rows in canonical order."""
    if rows.get_backend().name != "duckdb":
        rows = _landed(origin, rows, scratch)
    with origin.reading():
        duplicates = _duplicates(rows, table)
        path = scratch / "ordered.parquet"
        # Through a file, because DuckDB holds a result that is handed to Python in memory.
        ordered = canonical(rows, table, is_unique=bool(table.key) and duplicates == 0)
        ordered.to_parquet(path, row_group_size=chunk_rows(len(rows.columns)))
    return duplicates, _reader(path)


def _completed(
    origin: Origin,
    rows: ir.Table,
    table: Table,
    schema: TableSchema,
    extraction: Extraction,
    features: PointInTime | None,
    scratch: Path,
) -> ir.Table:
    """The rows with what the feature store adds, as the schema's types."""
    if features is None or table.event_time is None:
        raise UseCaseError("extraction.features needs a feature store and table.event_time")
    with origin.reading():
        rows.to_parquet(scratch / "rows.parquet")
    features.complete(
        scratch / "rows.parquet", table.event_time, extraction.features, scratch / "completed.parquet"
    )
    backend = engine()
    make_room(backend, len(schema.columns))
    backend.con.register("completed", LeanDataset.of(scratch / "completed.parquet"))
    types = {name: schema.column(name).type for name in schema.names()}
    whole = conform(backend.table("completed"), types, is_text=False)
    looked_up = Origin("extraction.features")
    require_fit(looked_up, whole)
    return final(whole)


def _landed(origin: Origin, rows: ir.Table, scratch: Path) -> ir.Table:
    """Rows of a database on this machine: databases differ in how they order text."""
    with origin.reading():
        rows.to_parquet(scratch / "landed.parquet")
    backend = engine()
    make_room(backend, len(rows.columns))
    backend.con.register("landed", LeanDataset.of(scratch / "landed.parquet"))
    return backend.table("landed")


def _duplicates(rows: ir.Table, table: Table) -> int:
    if not table.key:
        return 0
    groups = rows.group_by(list(table.key)).aggregate(size=rows.count())
    return int(groups.aggregate(beyond=(groups.size - 1).sum()).to_pyarrow().to_pylist()[0]["beyond"] or 0)


def _reader(path: Path) -> Any:
    file = pq.ParquetFile(path, pre_buffer=False)
    batches = file.iter_batches(batch_size=chunk_rows(len(file.schema_arrow)))
    return pa.RecordBatchReader.from_batches(file.schema_arrow, batches)


def _report(view: View, tally: dict[str, Any], kept: snapshots.Snapshot, duplicates: int) -> ExtractionReport:
    counts = {name: value for name, value in tally.items() if name not in ("rows", "first", "last")}
    return ExtractionReport(
        snapshot=kept.uri,
        digest=kept.digest,
        rows=kept.rows,
        columns=kept.columns,
        start=view.start,
        end=view.end,
        duplicates=duplicates,
        **counts,
    )


def _without_outcome(table: Table, schema: TableSchema, environment: str) -> tuple[Table, TableSchema]:
    if environment != "serving":
        raise UseCaseError(f"no environment is named {environment!r}; there are training and serving")
    kept = schema.select(schema.names("serving"))
    absent = [name for name in (table.event_time, *table.key) if name and name not in schema.names("serving")]
    if absent:
        raise UseCaseError(
            f"the schema says that {', '.join(absent)} does not exist at serving, and rows are told apart by it; "
            "add serving to its environments"
        )
    columns = tuple(column for column in kept if column.name != table.label)
    return table.model_copy(update={"available_time": None}), schema.model_copy(update={"columns": columns})


def _require_roles(table: Table, schema: TableSchema) -> None:
    roles = (table.label, table.event_time, table.available_time, *table.key)
    missing = [name for name in roles if name is not None and name not in schema.names()]
    if missing:
        raise UseCaseError(f"table names {', '.join(missing)}, which the schema does not have")
