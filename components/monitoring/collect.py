"""Served predictions joined with what came of them, which is late, incomplete and at times corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from components.contracts.errors import UseCaseError
from components.contracts.monitoring import CollectionReport
from components.contracts.prediction import EVENT_TIME, ID, KEYS, TIME, VERSION
from components.contracts.sections import Table
from components.contracts.spec import period
from components.contracts.watching import Monitoring
from components.monitoring.served import DAY, EXPECTED, TRUTH, TRUTH_TIME
from components.monitoring.tally import day_of

AHEAD = ibis.interval(hours=1)
"""Clocks of two machines may differ by so much."""


@dataclass(frozen=True)
class Labels:
    """Ground truth as it was found."""

    rows: ir.Table
    """`truth`, `truth.time`, and the columns `keys.NAME` and `event_time`, or `id`, that name a prediction; in the same engine as the log."""
    by: tuple[str, ...]
    """Columns that name a prediction."""
    keys: Mapping[str, ir.Value] = field(default_factory=dict)
    """The same, of the source."""

    def named(self, source: ir.Table) -> ir.Table:
        """The rows of the source, with the columns that name a prediction beside their own."""
        return source.mutate(**self.keys)

    @classmethod
    def of(cls, source: ir.Table, table: Table, id_column: str | None, predictions: ir.Table) -> Labels:
        """Ground truth out of the rows of a source.

        Raises:
            UseCaseError: There is nothing to join it by.
        """
        available = source[table.available_time] if table.available_time in source.columns else ibis.null()
        facts = {TRUTH: source[table.label], TRUTH_TIME: available.cast("timestamp('UTC')")}
        if id_column is not None:
            named = {ID: source[id_column].cast("string")}
            return cls(source.select(**facts, **named), (ID,), named)
        keys = [name for name in table.key if name != table.event_time]
        unlogged = [name for name in keys if KEYS + name not in predictions.columns]
        if not table.key or table.event_time is None or unlogged:
            raise UseCaseError(
                "ground truth cannot be joined: "
                + (
                    f"the log has no key {', '.join(unlogged)}"
                    if unlogged
                    else "table.key or table.event_time is missing"
                )
                + "; send the key with each request, or name the column of the prediction's id in monitoring.truth.id"
            )
        named = {KEYS + name: source[name].cast(predictions[KEYS + name].type()) for name in keys}
        named[EVENT_TIME] = source[table.event_time].cast("timestamp('UTC')")
        return cls(source.select(**facts, **named), tuple(named), named)

    def once(self) -> ir.Table:
        """One label of each prediction: the latest, for a label may be corrected."""
        known = self.rows.filter(_[TRUTH].notnull())
        return known.group_by(list(self.by)).aggregate(
            **{
                TRUTH: _[TRUTH].argmax(
                    _[TRUTH_TIME].fill_null(ibis.timestamp("1970-01-01").cast("timestamp('UTC')"))
                ),
                TRUTH_TIME: _[TRUTH_TIME].min(),
            },
            copies=_.count(),
            values=_[TRUTH].nunique(),
        )


@dataclass(frozen=True)
class Span:
    """The window of a run, and until when labels are expected."""

    start: datetime
    end: datetime
    delay: str

    @classmethod
    def at(cls, as_of: datetime, spec: Monitoring) -> Span:
        """The window that ends with the run."""
        return cls(as_of - period(spec.window), as_of, spec.delay)

    @property
    def due(self) -> datetime:
        """Rows before this instant are expected to have a label."""
        return self.end - period(self.delay)

    @property
    def recent(self) -> datetime:
        """When the last quarter of what is due begins."""
        return self.due - max((self.due - self.start) / 4, timedelta(0))


def joined(predictions: ir.Table, labels: Labels, span: Span, version: str) -> ir.Table:
    """The champion's predictions of the window, each with its label where it came.

    Args:
        predictions: Of the log, each id once.
        labels: Ground truth.
        span: The window.
        version: The champion's number.
    """
    mine = predictions.filter(predictions[VERSION] == version)
    truth = labels.once()
    right = truth.rename(**{f"right.{name}": name for name in labels.by}).drop("copies", "values")
    met = mine.left_join(right, [mine[name] == right[f"right.{name}"] for name in labels.by])
    moment = ibis.literal(span.due, type="timestamp('UTC')")
    kept = met.drop(*(f"right.{name}" for name in labels.by))
    return kept.mutate(**{EXPECTED: kept[EVENT_TIME] < moment, DAY: day_of(kept[EVENT_TIME])})


def counted(rows: ir.Table, span: Span) -> dict[str, Any]:
    """What there is among joined rows; one scan."""
    recent = ibis.literal(span.recent, type="timestamp('UTC')")
    labelled, expected = rows[TRUTH].notnull(), rows[EXPECTED]
    late = (rows[TRUTH_TIME].epoch_seconds() - rows[EVENT_TIME].epoch_seconds()) / 3600
    found = rows.aggregate(
        rows=rows.count(),
        days=rows[DAY].nunique(),
        ahead=rows.count(where=rows[EVENT_TIME] > rows[TIME] + AHEAD),
        expected=rows.count(where=expected),
        labelled=rows.count(where=expected & labelled),
        recent_expected=rows.count(where=expected & (rows[EVENT_TIME] >= recent)),
        recent_labelled=rows.count(where=expected & labelled & (rows[EVENT_TIME] >= recent)),
        median=late.quantile(0.5),
        most=late.quantile(0.95),
        last=late.max(),
    )
    facts: dict[str, Any] = found.to_pyarrow().to_pylist()[0]
    lateness = [facts.pop(name) for name in ("median", "most", "last")]
    facts = {name: value or 0 for name, value in facts.items()}
    return facts | {"lateness_hours": tuple(hours for hours in lateness if hours is not None)}


def label_counts(labels: Labels, predictions: ir.Table, span: Span) -> dict[str, int]:
    """How labels came: again, with another value, or for no prediction.

    A label that is named by a prediction's id has no time: one of another window cannot be told from one of no prediction,
    and neither is counted.
    """
    truth = labels.once()
    if EVENT_TIME in labels.by:
        start, end = (ibis.literal(one, type="timestamp('UTC')") for one in (span.start, span.end))
        truth = truth.filter(truth[EVENT_TIME] >= start, truth[EVENT_TIME] < end)
    by = [truth[name] == predictions[name] for name in labels.by]
    unmatched = 0
    if EVENT_TIME in labels.by:
        unmatched = int(truth.anti_join(predictions, by).count().to_pyarrow().as_py())
    else:
        truth = truth.semi_join(predictions, by)
    found = (
        truth.aggregate(
            copies=(truth.copies - 1).sum(where=truth["values"] == 1),
            corrected=truth.count(where=truth["values"] > 1),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    return {
        "label_duplicates": int(found["copies"] or 0),
        "corrected": int(found["corrected"] or 0),
        "unmatched": unmatched,
    }


def report(span: Span, facts: dict[str, Any]) -> CollectionReport:
    """All that was counted, of one window."""
    return CollectionReport(start=span.start, end=span.end, **facts)
