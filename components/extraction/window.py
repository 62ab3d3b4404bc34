"""Which rows of a source a run reads, and how many it leaves out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from components.contracts.errors import DataError, UseCaseError
from components.contracts.sections import Extraction, Table
from components.contracts.spec import period
from components.extraction.conversion import TYPES, instants


@dataclass(frozen=True)
class View:
    """The rows that exist at an instant and belong to its window."""

    table: Table
    as_of: datetime.datetime
    start: datetime.datetime | None
    end: datetime.datetime | None
    """The window `[start, end)`; None without event time."""
    lateness: str

    @classmethod
    def at(cls, as_of: datetime.datetime, table: Table, extraction: Extraction) -> View:
        """The view of a run.

        Args:
            as_of: The instant that the run pretends it is.
            table: What the columns mean.
            extraction: The window.
        """
        start, end = extraction.window.bounds(as_of) if table.event_time else (None, None)
        return cls(table, as_of, start, end, extraction.lateness)

    def rows(self, source: ir.Table) -> ir.Table:
        """The rows in view. What reads the source leaves the others out, where it can."""
        return source.filter(self._inside(source), self._known(source))

    def tally(self, source: ir.Table) -> dict[str, Any]:
        """Counts over all rows of a source, and the first, last and latest read event time; one scan."""
        inside, known = self._inside(source), self._known(source).fill_null(False)
        facts = {
            "rows": source.count(where=inside & known),
            "not_yet_available": source.count(where=inside & ~known),
        }
        if self.table.event_time is not None:
            event, compared = source[self.table.event_time], instants(source, self.table.event_time)
            facts |= {
                "before_window": source.count(where=self._before(compared)),
                "after_window": source.count(where=compared >= moment(self.end, compared)),
                "without_event_time": source.count(where=compared.isnull()),
                "first": event.min(),
                "last": event.max(),
                "watermark": event.max(where=inside & known),
            }
            if self.table.available_time is not None:
                available = source[self.table.available_time].cast(TYPES["timestamp"])
                late = available > event.cast(TYPES["timestamp"]) + _interval(self.lateness)
                facts["late"] = source.count(where=inside & known & late)
        found = source.aggregate(**facts).to_pyarrow().to_pylist()[0]
        return {
            name: _instant(value) if name in ("first", "last", "watermark") else value or 0
            for name, value in found.items()
        }

    def require_rows(self, tally: dict[str, Any], name: str) -> None:
        """Refuse to go on without rows.

        Raises:
            DataError: With the window, what the source has, and what to do.
        """
        if tally["rows"]:
            return
        if self.end is None:
            raise DataError(f"{name} has no rows" + self._unavailable(tally))
        window = f"before {self.end.isoformat()}"
        if self.start is not None:
            window = f"from {self.start.isoformat()} to before {self.end.isoformat()}"
        held = "has no row with an event time"
        if tally["first"] is not None:
            held = f"has rows from {tally['first'].isoformat()} to {tally['last'].isoformat()}"
        raise DataError(
            f"no rows in the window: {self.table.event_time!r} {window}, as seen at {self.as_of.isoformat()}. "
            f"{name} {held}{self._unavailable(tally)}; choose another as_of or change extraction.window"
        )

    def _unavailable(self, tally: dict[str, Any]) -> str:
        count = tally["not_yet_available"]
        return f", and {count} in the window that were not yet available" if count else ""

    def _inside(self, source: ir.Table) -> Any:
        if self.table.event_time is None:
            return ibis.literal(True)
        event = instants(source, self.table.event_time)
        ended = event < moment(self.end, event)
        return ended if self.start is None else (event >= moment(self.start, event)) & ended

    def _before(self, event: ir.Column) -> Any:
        return ibis.literal(False) if self.start is None else event < moment(self.start, event)

    def _known(self, source: ir.Table) -> Any:
        # Without an available time it is not known yet, as with an order that is still open.
        if self.table.available_time is None:
            return ibis.literal(True)
        available = instants(source, self.table.available_time)
        return available < moment(self.as_of, available)


def moment(instant: datetime.datetime | None, column: ir.Column) -> ir.Scalar:
    """An instant to compare a column of time with. A date stands for its midnight, in UTC."""
    utc = (instant or datetime.datetime.max.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)
    if column.type().is_date():
        # Midnight is before an instant exactly when its date is before the next midnight's, the instant included.
        day = utc.date() + datetime.timedelta(days=utc.time() != datetime.time())
        return ibis.literal(day, type="date")
    if column.type().timezone is None:
        return ibis.literal(utc.replace(tzinfo=None), type="timestamp(6)")
    return ibis.literal(utc, type=TYPES["timestamp"])


def parse_instant(text: str) -> datetime.datetime:
    """An instant in ISO 8601; a date means its midnight, and without a zone it is UTC.

    Raises:
        UseCaseError: The text is none.
    """
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UseCaseError(
            f"as_of is {text!r}; write a date, or a date and time, as in 2013-03-01"
        ) from error
    return instant.replace(tzinfo=instant.tzinfo or datetime.UTC).astimezone(datetime.UTC)


def _interval(text: str) -> ir.IntervalScalar:
    length = period(text)
    unit = next((unit for unit in ("years", "months", "days", "hours") if getattr(length, unit)), "days")
    return ibis.interval(**{unit: getattr(length, unit)})


def _instant(value: Any) -> datetime.datetime | None:
    if value is None or isinstance(value, datetime.datetime):
        return None if value is None else value.astimezone(datetime.UTC)
    return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
