"""The columns that a request must and may have, and what becomes of its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.features import KeyedView
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
    absent: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Input to the rows that leave it out, so that it is to be looked up; it is None there."""


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
        self.inputs = tuple(manifest.inputs)
        self.views = manifest.lookups
        self.looked_up: dict[str, KeyedView] = {name: view for view in self.views for name in view.columns}
        """Input that a request may leave out to the view that it is looked up in, by the view's keys."""
        names = {column.name for column in self.inputs}
        self.optional = manifest.optional()
        self._readers = {column.name: cell(column) for column in self.inputs}
        self._readers |= {column.name: cell(_may_be_null(column)) for column in self.optional}
        self._required = names - self.looked_up.keys()

    def of_objects(self, rows: Sequence[Any]) -> Rows:
        """Rows as objects, one value per column.

        Raises:
            RefusalError: A column is missing, unknown or of another type; each such place is named.
        """
        if len(rows) == 1 and type(rows[0]) is dict:
            found = self._single(rows[0])
            if found is not None:
                return found
        return self._checked_objects(rows)

    def _single(self, row: Mapping[str, Any]) -> Rows | None:
        """The row, when nothing is wrong with it."""
        readers = self._readers
        try:
            columns = {name: [readers[name](value)] for name, value in row.items()}
        except (KeyError, ValueError):
            return None
        if not self._required <= columns.keys():
            return None
        absent = {name: (0,) for name in self.looked_up if name not in columns}
        if any(key not in columns for name in absent for key in self.looked_up[name].keys):
            return None
        for name in absent:
            columns[name] = [None]
        return Rows(columns, 1, absent)

    def _checked_objects(self, rows: Sequence[Any]) -> Rows:
        shapeless = [i for i, row in enumerate(rows) if not isinstance(row, dict)]
        if shapeless:
            raise misfit([Problem("instances", "is not an object of columns", i) for i in shapeless])
        problems = [
            Problem(str(name), "is not a column of the model", i)
            for i, row in enumerate(rows)
            for name in row.keys() - self._readers.keys()
        ]
        inputs = {column.name for column in self.inputs}
        without = {name: _absent(rows, name) for name in self._readers}
        absent = {name: places for name in self.looked_up if (places := sorted(without[name]))}
        problems += [
            Problem(name, "is missing", i) for name in inputs & self._required for i in sorted(without[name])
        ]
        problems += self._keyless(absent, without)
        columns = {
            name: list(_read(name, read, [row.get(name) for row in rows], problems, without[name]))
            for name, read in self._readers.items()
            if name in inputs or len(without[name]) < len(rows)
        }
        if problems:
            raise misfit(_in_order(problems, inputs))
        return Rows(columns, len(rows), absent)

    def of_columns(self, named: Mapping[str, list[Any]], count: int) -> Rows:
        """Rows as columns of equal length.

        Raises:
            RefusalError: A column is missing, unknown or of another type; each such place is named.
        """
        everywhere = range(count)
        problems = [
            Problem(name, "is not a column of the model") for name in named if name not in self._readers
        ]
        problems += [
            Problem(column.name, "is missing")
            for column in self.inputs
            if column.name in self._required and column.name not in named
        ]
        absent = {name: everywhere for name in self.looked_up if name not in named}
        without = {name: frozenset({None}) for name in self._readers if name not in named}
        problems += self._keyless({name: [None] for name in absent}, without)
        columns = {
            name: list(_read(name, read, named[name], problems))
            for name, read in self._readers.items()
            if name in named
        }
        if problems:
            raise misfit(problems)
        return Rows(columns | {name: [None] * count for name in absent}, count, absent)

    def _keyless(
        self, absent: Mapping[str, Iterable[Any]], without: Mapping[str, Iterable[Any]]
    ) -> Iterator[Problem]:
        """Keys that are missing where features are to be looked up by them.

        Args:
            absent: Feature to the places that leave it out: rows, or None for all of them.
            without: Column to the places that do not have it.
        """
        for view in self.views:
            features = [name for name in view.columns if name in absent]
            places = {place for name in features for place in absent[name]}
            for key in view.keys.keys() - self._required:  # of a required one it is said that it is missing
                for place in places.intersection(without.get(key, ())):
                    message = f"is missing; send it, or what is looked up by it: {', '.join(features)}"
                    yield Problem(key, message, place)


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
