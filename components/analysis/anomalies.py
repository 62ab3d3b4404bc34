"""What statistics alone tell to be wrong, or strange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from components.analysis.rows import as_text
from components.contracts.reports import Anomaly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from components.contracts.reports import ColumnStatistics, Statistics
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Table


def find_anomalies(statistics: Statistics, schema: TableSchema, table: Table) -> tuple[Anomaly, ...]:
    """No rows at all, columns that say nothing or are not finite, and a label that cannot be learned."""
    if statistics.rows == 0:
        return (
            _found(
                None, "empty", "error", "the snapshot has no rows; widen the window or look at the source"
            ),
        )
    found: list[Anomaly] = []
    for column in statistics.columns:
        found += _not_finite(column)
        if column.name == table.label:
            found += _of_label(column, schema, table)
        else:
            found += _telling_nothing(column, nullable=schema.column(column.name).nullable)
    return tuple(found)


def _not_finite(column: ColumnStatistics) -> Iterator[Anomaly]:
    if column.non_finite:
        share = f"{column.non_finite:,} of {column.rows:,} rows"
        message = f"{column.name!r} is NaN or infinite in {share}; it must be a number or null"
        yield _found(column.name, "finite", "error", message, column.non_finite)


def _telling_nothing(column: ColumnStatistics, nullable: bool) -> Iterator[Anomaly]:
    name, known = column.name, column.rows - column.nulls - column.non_finite
    # Where nulls are forbidden the schema's rule has said so.
    if column.nulls == column.rows and nullable:
        message = f"{name!r} is null in every row; leave it out, or mend its source"
        yield _found(name, "all_null", "warning", message, column.nulls)
    if known and column.distinct == 1 and column.rows > 1:
        where = "every row" if known == column.rows else "every row that has a value"
        yield _found(
            name, "constant", "warning", f"{name!r} is {_only(column)} in {where}; it tells nothing", known
        )


def _of_label(column: ColumnStatistics, schema: TableSchema, table: Table) -> Iterator[Anomaly]:
    name = column.name
    if column.rows == column.nulls + column.non_finite:
        yield _found(
            name, "label", "error", f"the label {name!r} has no value in any row; there is nothing to learn"
        )
    elif column.distinct == 1:
        message = f"the label {name!r} is {_only(column)} in every row; there is nothing to learn"
        yield _found(name, "label", "error", message)
    elif table.task == "classification" and column.other == 0:
        yield from _missing_classes(column, schema, table)


def _missing_classes(column: ColumnStatistics, schema: TableSchema, table: Table) -> Iterator[Anomaly]:
    """Classes that ought to occur. Without the positive one there is nothing to learn; others are a warning."""
    seen = {value.value for value in column.top}
    positive = None if table.positive is None else as_text(table.positive, column.type)
    if positive is not None and positive not in seen:
        message = f"the label {column.name!r} is never {positive!r}, the positive class; it is {', '.join(sorted(seen))}"
        yield _found(column.name, "label", "error", message)
    expected = (as_text(value, column.type) for value in schema.column(column.name).domain or ())
    missing = [value for value in expected if value not in seen and value != positive]
    if missing:
        message = f"the label {column.name!r} is never {', '.join(missing)}; such rows will not be predicted"
        yield _found(column.name, "label", "warning", message)


def _only(column: ColumnStatistics) -> str:
    return repr(column.top[0].value) if column.top else f"{column.min:g}"


def _found(
    name: str | None, check: str, severity: Literal["error", "warning"], message: str, rows: int | None = None
) -> Anomaly:
    return Anomaly(column=name, check=check, severity=severity, message=message, rows=rows)
