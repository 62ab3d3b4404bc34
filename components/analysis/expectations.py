"""The schema as Pandera judges it: every failure at once, in bounded memory.

The rows that fail each rule are counted by one query whatever the number of rules, and Pandera judges presence,
types and the counts. Its own checks ask the engine once per rule, and read every row into memory as soon as one
fails (docs/decisions/0004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandera.ibis as pa
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from components.analysis.rows import type_of
from components.analysis.rules import Rule, count_failures, examples, rules_of
from components.contracts.reports import Anomaly

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from components.contracts.schema import Column, ColumnType, Environment, TableSchema

IBIS: dict[ColumnType, str] = {"timestamp": "timestamp('UTC', 6)"}
"""Ibis's name of a type, where it is not ours."""


@dataclass(frozen=True)
class Outcome:
    """A rule, and how many of the rows fail it."""

    rule: Rule
    failures: int
    rows: int

    @property
    def holds(self) -> bool:
        """Whether so many may fail."""
        return self.failures <= self.rule.allowed * self.rows


def check_rows(
    source: ir.Table, schema: TableSchema, key: tuple[str, ...] = (), environment: Environment = "training"
) -> tuple[Anomaly, ...]:
    """Hold rows against their schema.

    Args:
        source: The rows.
        schema: What they must look like.
        key: The columns that together name one row.
        environment: Columns that do not exist there are not asked for.

    Returns:
        Everything that is wrong, each with the rows that fail and a few of their values. A column that the
        schema does not know is a warning.
    """
    columns = schema.select(schema.names(environment))
    sound = [column for column in columns if _has(source, column)]
    rules = rules_of(source, sound, key if {column.name for column in sound}.issuperset(key) else ())
    rows = int(source.count().to_pyarrow().as_py())
    outcomes = [
        Outcome(rule, failures, rows)
        for rule, failures in zip(rules, count_failures(source, rules), strict=True)
    ]
    found: list[Anomaly] = []
    try:
        expectations(columns, outcomes).validate(source, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            found += _anomalies(error, source, outcomes)
    return (*found, *_unknown(source, schema))


def expectations(columns: Sequence[Column], outcomes: Sequence[Outcome]) -> pa.DataFrameSchema:
    """What Pandera is asked: presence and type of each column, and whether its rules hold.

    One check for a column and not one for a rule: Pandera runs a query for each.
    """

    def hold(_rows: object, columns: tuple[str, ...]) -> bool:
        return all(outcome.holds for outcome in outcomes if outcome.rule.columns == columns)

    together = dict.fromkeys(outcome.rule.columns for outcome in outcomes)
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                ibis.dtype(IBIS.get(column.type, column.type)),
                nullable=True,  # a rule of ours
                checks=[pa.Check(hold, columns=asked) for asked in together if asked == (column.name,)],
            )
            for column in columns
        },
        checks=[pa.Check(hold, columns=asked) for asked in together if len(asked) > 1],
    )


def _has(source: ir.Table, column: Column) -> bool:
    return column.name in source.columns and type_of(source[column.name]) == column.type


def _anomalies(error: SchemaError, source: ir.Table, outcomes: Sequence[Outcome]) -> list[Anomaly]:
    if error.reason_code is SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
        return [missing_column(str(error.failure_cases))]
    if error.reason_code is SchemaErrorReason.WRONG_DATATYPE:
        return [wrong_type(error.schema.name, str(error.failure_cases), str(error.schema.dtype))]
    if error.reason_code is not SchemaErrorReason.DATAFRAME_CHECK:
        raise error  # a mistake of ours
    columns = error.check.statistics["columns"]
    return [
        broken_rule(outcome, examples(source, outcome.rule))
        for outcome in outcomes
        if outcome.rule.columns == columns and not outcome.holds
    ]


def missing_column(name: str) -> Anomaly:
    """A column that the schema asks for and the rows do not have."""
    return Anomaly(
        column=name, check="present", severity="error", message=f"column {name!r} is missing from the rows"
    )


def wrong_type(name: str, found: str, wanted: str) -> Anomaly:
    """A column of another type than the schema says."""
    message = f"column {name!r} is {found}; it must be {wanted}"
    return Anomaly(column=name, check="type", severity="error", message=message)


def broken_rule(outcome: Outcome, values: tuple[str, ...]) -> Anomaly:
    """More rows fail a rule than may."""
    rule = outcome.rule
    what = " + ".join(repr(name) for name in rule.columns)
    such = f", such as {', '.join(values)}" if values else ""
    return Anomaly(
        column=rule.columns[0] if len(rule.columns) == 1 else None,
        check=rule.check,
        severity="error",
        message=f"{what} must be {rule.demand}; {outcome.failures:,} of {outcome.rows:,} rows are not{such}",
        rows=outcome.failures,
        examples=values,
    )


def _unknown(source: ir.Table, schema: TableSchema) -> list[Anomaly]:
    return [
        Anomaly(
            column=name,
            check="unknown",
            severity="warning",
            message=f"column {name!r} is not in the schema; it was not looked at",
        )
        for name in source.columns
        if name not in schema
    ]
