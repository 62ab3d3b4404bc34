"""A view's schema out of the schema that the rows are held against: one source for both."""

from __future__ import annotations

from collections.abc import Iterable

from feast import Field
from feast.types import Bool, FeastType, Float64, Int64, String, UnixTimestamp, from_feast_to_pyarrow_type

from components.contracts.errors import UseCaseError
from components.contracts.schema import ColumnType, TableSchema

FEAST: dict[ColumnType, FeastType] = {
    "int64": Int64,
    "float64": Float64,
    "string": String,
    "boolean": Bool,
    "timestamp": UnixTimestamp,
}
"""Feast's type of each of ours that it holds."""


def fields(schema: TableSchema, names: Iterable[str]) -> list[Field]:
    """Columns of a schema as Feast's, with their types and descriptions.

    Raises:
        UseCaseError: The schema lacks some of them, or the feature store has no such type; all are named.
    """
    names = tuple(names)
    missing = [f"the schema has no column {name!r}" for name in names if name not in schema]
    missing += [
        f"column {name!r} is a {schema.column(name).type}, which the feature store does not hold"
        for name in names
        if name in schema and schema.column(name).type not in FEAST
    ]
    if missing:
        raise UseCaseError("\n".join(missing))
    return [
        Field(name=column.name, dtype=FEAST[column.type], description=column.description)
        for column in schema.select(names)
    ]


def type_of(field: Field) -> ColumnType:
    """Our type of a column of Feast's.

    Raises:
        UseCaseError: We have none.
    """
    for ours, theirs in FEAST.items():
        if theirs == field.dtype:
            return ours
    raise UseCaseError(
        f"{field.name} is a {from_feast_to_pyarrow_type(field.dtype)}; a feature is one of {', '.join(FEAST)}"
    )
