"""From the prediction log, the truth's source and the champion's snapshot to two tables of one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.dataset as ds

from components.contracts.errors import UseCaseError
from components.contracts.model import ModelManifest
from components.contracts.monitoring import CollectionReport
from components.contracts.prediction import EVENT_TIME, INPUTS, INSTANT, VERSION, log_schema
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Table
from components.contracts.watching import Monitoring
from components.extraction.conversion import final
from components.extraction.extract import PointInTime
from components.extraction.sources import opened
from components.extraction.window import View, moment
from components.monitoring.collect import Labels, Span, counted, joined, label_counts, report
from components.monitoring.reference import write_reference
from components.monitoring.skew import skew
from components.stores import objects
from components.stores.databases import engine
from components.stores.hours import between, folder
from components.stores.models import Model
from components.stores.served import read_predictions

ID_OF_TRUTH = "prediction_id"


@dataclass(frozen=True)
class Champion:
    """The model whose predictions are judged."""

    version: str
    digest: str
    model: Model


@dataclass(frozen=True)
class Places:
    """Where things are kept."""

    log: str
    data: str
    store: str


def gather(
    use_case: str,
    champion: Champion,
    span: Span,
    table: Table,
    schema: TableSchema,
    extraction: Extraction,
    monitoring: Monitoring,
    places: Places,
    served: Path,
    reference: Path,
    features: PointInTime | None = None,
) -> CollectionReport:
    """Write the served rows of a window with their labels, and the champion's own rows to compare with.

    Args:
        use_case: Whose predictions.
        champion: The model that serves.
        span: The window.
        table: What the columns mean.
        schema: Types of the columns of the truth.
        extraction: Where training reads its rows, and the truth is when it is nowhere else.
        monitoring: The use case's section.
        places: Where things are kept.
        served: File for the served rows.
        reference: File for the rows of the champion's snapshot.
        features: The feature store, where the use case looks features up.

    Raises:
        UseCaseError: The table has no event time, or the truth cannot be joined.
        SourceError, StoreError: Something cannot be read.
    """
    if table.event_time is None:
        raise UseCaseError("monitoring judges windows of time, and needs table.event_time")
    last = write_reference(champion.model, table, places.store, reference)
    backend = engine()
    predictions = _with_columns(
        read_predictions(places.log, use_case, span.start, span.end, backend), champion.model.manifest
    )
    with TemporaryDirectory(prefix="evergreen-") as scratch:
        scratched = Path(scratch)
        names = [column.name for column in champion.model.manifest.inputs]
        landed, new_rows = land(
            table, schema, extraction, monitoring, span, places.data, last, names, scratched
        )
        if features is not None and extraction.features and monitoring.truth is None:
            landed = scratched / "completed.parquet"
            features.complete(scratched / "truth.parquet", table.event_time, extraction.features, landed)
        truth = backend.read_parquet(str(landed))
        labels = Labels.of(truth, table, ID_OF_TRUTH if ID_OF_TRUTH in truth.columns else None, predictions)
        joined(predictions, labels, span, champion.version).to_parquet(str(served))
        labelled = label_counts(labels, predictions, span)
        mine = predictions.filter(predictions[VERSION] == champion.version)
        differing = skew(mine, labels.named(truth), labels.by, names)
    rows = backend.read_parquet(str(served))
    facts = counted(rows, span)
    distinct = int(predictions.count().to_pyarrow().as_py())
    return report(
        span,
        {
            **facts,
            **labelled,
            "use_case": use_case,
            "version": champion.version,
            "model": champion.digest,
            "duplicates": logged(places.log, use_case, span) - distinct,
            "others": distinct - facts["rows"],
            "skew": differing,
            "new_rows": new_rows,
            "trained_until": champion.model.manifest.trained_until,
        },
    )


def _with_columns(predictions: ir.Table, champion: ModelManifest) -> ir.Table:
    """A log without any prediction has no model's columns either: it gets the champion's, as the rows would have them."""
    if any(name.startswith(INPUTS) for name in predictions.columns):
        return predictions
    schema = log_schema(champion, champion.keys, champion.label_type)
    lacking = [field for field in schema if field.name not in predictions.columns]
    return predictions.mutate(**{field.name: ibis.null(ibis.dtype(field.type)) for field in lacking})


def logged(place: str, use_case: str, span: Span) -> int:
    """Rows of the log in a window, repeated ones too."""
    found = 0
    for hour in between(span.start, span.end):
        uri = folder(place, use_case, hour)
        system, path = objects.locate(uri)
        names = [f"{path}/{name}" for name in objects.names(uri) if name.endswith(".parquet")]
        if names:
            time = ds.field(EVENT_TIME)
            inside = (time >= pa.scalar(span.start, INSTANT)) & (time < pa.scalar(span.end, INSTANT))
            found += ds.dataset(names, filesystem=system, format="parquet").count_rows(filter=inside)
    return found


def land(
    table: Table,
    schema: TableSchema,
    extraction: Extraction,
    monitoring: Monitoring,
    span: Span,
    data: str,
    last: datetime,
    inputs: Sequence[str],
    scratch: Path,
) -> tuple[Path, int]:
    """Copy the labels that are known at the window's end to this machine, whatever their source is.

    Where that is the source that training reads, the model's inputs come with them, but for those that are looked up:
    of these the keys come. A truth that is elsewhere does not tell what training could read; its own source is asked.

    Returns:
        A Parquet file, and how many labelled rows training could read beyond `last`.
    """
    read = (*inputs, *schema.names()) if extraction.features else inputs  # some of them are keys of views
    own = [name for name in read if name not in extraction.looked_up()]
    source, wanted = extraction, _truth_columns(table, schema, own if monitoring.truth is None else ())
    id_column, new_rows, landed = None, None, scratch / "truth.parquet"
    if monitoring.truth is not None:
        new_rows = _readable(table, schema, extraction, span, data, last)
        source, id_column = monitoring.truth.source(), monitoring.truth.id
        if id_column is not None:
            kept = [column for column in wanted if column["name"] in (table.label, table.available_time)]
            wanted = [*kept, {"name": id_column, "type": "string"}]
    with (
        opened(source, data, TableSchema.model_validate({"columns": wanted})) as (origin, rows),
        origin.reading(),
    ):
        view = View.at(span.end, table, source)
        known = final(rows.filter(view._known(rows))) if table.available_time in rows.columns else final(rows)
        if id_column is not None:
            known = known.rename(**{ID_OF_TRUTH: id_column})
        _window(known, table, None if id_column is not None else span).to_parquet(landed)
        return landed, _labelled_since(last, known, table) if new_rows is None else new_rows


def _readable(
    table: Table, schema: TableSchema, extraction: Extraction, span: Span, data: str, last: datetime
) -> int:
    """How many labelled rows training could read at the window's end beyond `last`."""
    wanted = TableSchema.model_validate({"columns": _truth_columns(table, schema, ())})
    with opened(extraction, data, wanted) as (origin, rows), origin.reading():
        return _labelled_since(
            last, final(rows.filter(View.at(span.end, table, extraction)._known(rows))), table
        )


def _labelled_since(last: datetime, known: ir.Table, table: Table) -> int:
    fresh = known.filter(known[table.event_time] > moment(last, known[table.event_time]))
    return int(fresh[table.label].count().to_pyarrow().as_py())


def _truth_columns(table: Table, schema: TableSchema, inputs: Sequence[str]) -> list[dict[str, Any]]:
    names = dict.fromkeys([table.label, table.event_time, table.available_time, *table.key, *inputs])
    return [schema.column(name).model_dump() for name in names if name is not None]


def _window(rows: ir.Table, table: Table, span: Span | None) -> ir.Table:
    if span is None:
        return rows
    event = rows[table.event_time]
    return rows.filter(event >= moment(span.start, event), event < moment(span.end, event))
