"""The columns that a request must and may have, and what becomes of its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.model import ModelManifest
from components.contracts.schema import Column
from components.serving.cells import Cell, cell
from components.serving.refusal import Problem, RefusalError, misfit


@dataclass(frozen=True)
class Rows:
    """Rows that fit, by column."""

    columns: Mapping[str, list[Any]]
    """Values in the columns' types, None where missing; an optional column is there when the request had it."""
    count: int


def rows_of(table: pa.Table, names: Iterable[str]) -> Rows:
    """The rows of a table of our own, such as a snapshot's: NaN is a missing value there."""
    columns = {
        name: pc.if_else(pc.is_null(table[name], nan_is_null=True), None, table[name]).to_pylist()
        for name in names
    }
    return Rows(columns, table.num_rows)


class Form:
    """What one model's requests look like, made once."""

    def __init__(self, manifest: ModelManifest) -> None:
        event_time = () if manifest.event_time is None else (manifest.event_time,)
        self.inputs = tuple(manifest.inputs)
        names = {column.name for column in self.inputs}
        self.optional = tuple(
            column
            for column in {column.name: column for column in (*manifest.keys, *event_time)}.values()
            if column.name not in names
        )
        self._inputs = [(column.name, cell(column)) for column in self.inputs]
        self._optional = {column.name: cell(_may_be_null(column)) for column in self.optional}

    def of_objects(self, rows: Sequence[Any]) -> Rows:
        """Rows as objects, one value per column.

        Raises:
            RefusalError: A column is missing, unknown or of another type; each such place is named.
        """
        if len(rows) == 1 and type(rows[0]) is dict and len(rows[0]) == len(self._inputs):
            try:
                row = rows[0]
                return Rows({name: [read(row[name])] for name, read in self._inputs}, 1)
            except (KeyError, ValueError):
                pass  # told below, with all that is wrong
        return self._checked_objects(rows)

    def _checked_objects(self, rows: Sequence[Any]) -> Rows:
        shapeless = [i for i, row in enumerate(rows) if not isinstance(row, dict)]
        if shapeless:
            raise misfit([Problem("instances", "is not an object of columns", i) for i in shapeless])
        known = {name for name, _ in self._inputs} | set(self._optional)
        problems = [
            Problem(str(name), "is not a column of the model", i)
            for i, row in enumerate(rows)
            for name in row.keys() - known
        ]
        asked = [name for name in self._optional if any(name in row for row in rows)]
        readers = [*self._inputs, *((name, self._optional[name]) for name in asked)]
        required = {name for name, _ in self._inputs}
        problems += [
            Problem(name, "is missing", i)
            for i, row in enumerate(rows)
            for name, _ in self._inputs
            if name not in row
        ]
        columns = {
            name: list(_read(name, read, [row.get(name) for row in rows], problems, _absent(rows, name)))
            for name, read in readers
        }
        if problems:
            raise misfit(_in_order(problems, required))
        return Rows(columns, len(rows))

    def of_columns(self, named: Mapping[str, list[Any]], count: int) -> Rows:
        """Rows as columns of equal length.

        Raises:
            RefusalError: A column is missing, unknown or of another type; each such place is named.
        """
        readers = dict(self._inputs) | {
            name: self._optional[name] for name in self._optional if name in named
        }
        problems = [Problem(name, "is not a column of the model") for name in named if name not in readers]
        problems += [Problem(name, "is missing") for name in readers if name not in named]
        columns = {
            name: list(_read(name, read, named[name], problems))
            for name, read in readers.items()
            if name in named
        }
        if problems:
            raise misfit(problems)
        return Rows(columns, count)


def require_rows(count: int, most: int) -> None:
    """Hold the number of rows against the limit.

    Raises:
        RefusalError: There are none, or too many.
    """
    if count == 0:
        raise RefusalError(422, "the request has no rows; send one at least")
    if count > most:
        raise RefusalError(413, f"the request has {count} rows; send {most} at most")


def _may_be_null(column: Column) -> Column:
    return column.model_copy(update={"nullable": True})


def _absent(rows: Sequence[Mapping[str, Any]], name: str) -> frozenset[int]:
    return frozenset(i for i, row in enumerate(rows) if name not in row)


def _read(
    name: str,
    read: Cell,
    values: Sequence[Any],
    problems: list[Problem],
    absent: frozenset[int] = frozenset(),
) -> Iterator[Any]:
    for i, value in enumerate(values):
        try:
            yield None if i in absent else read(value)
        except ValueError as error:
            problems.append(Problem(name, str(error), i))


def _in_order(problems: list[Problem], required: set[str]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.row or 0, problem.field not in required))
