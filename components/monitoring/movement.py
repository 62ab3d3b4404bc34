"""The drift of served rows, put together: which columns are watched, by which segments, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from components.analysis.rows import as_text, type_of
from components.analysis.statistics import describe
from components.contracts.model import ModelManifest
from components.contracts.monitoring import CollectionReport, DriftReport
from components.contracts.prediction import INPUTS
from components.contracts.reports import ColumnStatistics
from components.contracts.schema import Column, TableSchema
from components.contracts.sections import Analysis, Slice
from components.contracts.watching import Monitoring
from components.monitoring.drift import Role, Watched, shifts
from components.monitoring.feed import problems
from components.monitoring.served import DAY, answer_columns
from components.monitoring.tally import Bins, tally

CLOSELY = Analysis(top=200)
"""As many values of a category as are told apart."""

SEGMENTS = 20
"""Of one column, the most frequent."""


def moved(
    served: ir.Table,
    reference: ir.Table,
    manifest: ModelManifest,
    schema: TableSchema,
    slices: Sequence[Slice],
    monitoring: Monitoring,
    collected: CollectionReport,
) -> DriftReport:
    """How the served rows moved, and whether they are whole.

    Args:
        served: Rows of the log.
        reference: Rows of the champion's snapshot in the same form.
        manifest: The champion.
        schema: Its limits say how far a column may move.
        slices: By whose values rows are looked at apart.
        monitoring: The use case's section.
        collected: How many rows there are, and when they are of.
    """
    lacking = [column.name for column in manifest.inputs if INPUTS + column.name not in served.columns]
    retyped = _retyped(served, manifest, lacking)
    watched: list[Watched] = []
    if collected.rows:
        inputs = [
            column
            for column in manifest.inputs
            if column.treatment != "calendar" and column.name not in lacking and column.name not in retyped
        ]
        watched = _inputs(served, reference, inputs, schema, slices)
        watched += _predictions(served, reference, manifest, schema)
    whole, segments = shifts(watched, monitoring.drift)
    parts = [one.control(monitoring.drift).windows for one in watched if one.role == "input"]
    return DriftReport(
        rows=collected.rows,
        reference_rows=int(reference.count().to_pyarrow().as_py()),
        windows=min(parts, default=0),
        shifts=whole,
        segments=segments,
        feed=problems(collected, watched, lacking, retyped, monitoring.feed),
        notes=tuple(
            f"{column.name!r} is a date or an instant; its drift is not measured, for it moves by itself"
            for column in manifest.inputs
            if column.treatment == "calendar"
        ),
    )


def _retyped(served: ir.Table, manifest: ModelManifest, lacking: Sequence[str]) -> dict[str, str]:
    numbers = {"int64", "float64"}
    found = {}
    for column in manifest.inputs:
        if column.name in lacking:
            continue
        kind = type_of(served[INPUTS + column.name])
        if kind != column.type and not {kind, column.type} <= numbers:
            found[column.name] = f"{kind}, not {column.type},"
    return found


def _inputs(
    served: ir.Table,
    reference: ir.Table,
    inputs: Sequence[Column],
    schema: TableSchema,
    slices: Sequence[Slice],
) -> list[Watched]:
    columns = [column.model_copy(update={"name": INPUTS + column.name}) for column in inputs]
    bins = _bins(reference, columns)
    before, now = (tally(rows, bins.values(), rows[DAY]) for rows in (reference, served))
    watched = [
        Watched("input", before[name], now[name], schema.drift_limits(name.removeprefix(INPUTS)).warn, {})
        for name in bins
    ]
    for part in slices:
        if part.bins is None and INPUTS + part.column in bins:
            watched = _cut(watched, served, reference, part.column)
    return watched


def _cut(watched: list[Watched], served: ir.Table, reference: ir.Table, column: str) -> list[Watched]:
    """The same columns, with their rows by the values of one."""
    bins = [one.reference.bins for one in watched]
    name = INPUTS + column
    before, now = (tally(rows, bins, rows[name].cast("string")) for rows in (reference, served))
    tallied = before[name].counts.sum(axis=1)
    frequent = [before[name].cells[at] for at in tallied.argsort()[::-1][:SEGMENTS]]
    kind = type_of(reference[name])
    return [
        one._replace(
            segments={
                **one.segments,
                **{
                    f"{column} = {as_text(value, 'string') if kind == 'string' else value}": (
                        before[one.reference.bins.column].rows_of(value),
                        now[one.reference.bins.column].rows_of(value),
                    )
                    for value in frequent
                    if one.reference.bins.column != name
                },
            }
        )
        for one in watched
    ]


def _predictions(
    served: ir.Table, reference: ir.Table, manifest: ModelManifest, schema: TableSchema
) -> list[Watched]:
    names = answer_columns(manifest)
    if manifest.positive is not None:  # the other class's probability says the same
        names = [names[manifest.positive_position]]
    unseen = reference.filter(reference[names[0]].notnull())
    bins = _bins(unseen, [Column(name=name, type="float64", nullable=True) for name in names])
    bins = {name: one for name, one in bins.items() if one.edges}
    before, now = (tally(rows, bins.values(), rows[DAY]) for rows in (unseen, served))
    role: Role = "prediction"
    return [Watched(role, before[name], now[name], schema.drift.warn, {}) for name in bins]


def _bins(rows: ir.Table, columns: Sequence[Column]) -> dict[str, Bins]:
    if not columns:
        return {}
    described = describe(rows, TableSchema(columns=tuple(columns)), CLOSELY, "reference")
    return {column.name: Bins.of(column) for column in described.columns if _has_values(column)}


def _has_values(column: ColumnStatistics) -> bool:
    return column.rows > column.nulls + column.non_finite
