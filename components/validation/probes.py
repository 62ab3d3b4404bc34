"""Requests that a predictor has to refuse, made of one that it accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts.model import Input
from components.contracts.schema import ColumnType

MISTYPED: dict[ColumnType, Any] = {
    "int64": 1.5,
    "float64": "not a number",
    "string": 5,
    "boolean": "not a boolean",
    "timestamp": "not an instant",
    "date": "not a date",
}
"""A value of each type that a column of it may not hold; nothing may be read into it."""


@dataclass(frozen=True)
class Probe:
    """A request that has to be refused."""

    name: str
    """What is wrong with it."""
    field: str
    """What the refusal has to name; empty when the request has no fields."""
    body: bytes


def probes(inputs: Sequence[Input], row: Mapping[str, Any]) -> Iterator[Probe]:
    """Every way of asking wrongly that can be made of a row.

    Args:
        inputs: What the model takes, one at least.
        row: One that the predictor accepts.
    """
    first = inputs[0].name
    without = {name: value for name, value in row.items() if name != first}
    yield _rows(f"no column {first}", first, without)
    yield _rows("a column that the model does not know", "no_such_column", {**row, "no_such_column": 1})
    for type_, column in {column.type: column.name for column in inputs}.items():
        yield _rows(f"a wrong value for a {type_}", column, {**row, column: MISTYPED[type_]})
    required = next((column.name for column in inputs if not column.nullable), None)
    if required is not None:
        yield _rows("null in a column that allows none", required, {**row, required: None})
    yield Probe("no rows", "rows", b'{"instances": []}')
    yield Probe("a row that is a number", "instances", b'{"instances": [5]}')
    yield Probe("a number that is not finite", "", _body({**row, first: float("nan")}))
    yield Probe("half a body", "", _body(row)[:-2])


def _rows(name: str, field: str, row: Mapping[str, Any]) -> Probe:
    return Probe(name, field, _body(row))


def _body(row: Mapping[str, Any]) -> bytes:
    return json.dumps({"instances": [row]}).encode()
