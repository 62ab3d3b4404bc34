"""What the rows must look like: inferred once, reviewed, kept in git beside the use case."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from components.contracts.files import parse, read_yaml
from components.contracts.spec import Spec

ColumnType = Literal["int64", "float64", "string", "boolean", "timestamp", "date"]
"""Ibis's names. A timestamp is in microseconds and UTC; narrower sources are widened to these."""

Environment = Literal["training", "serving"]


class DriftLimits(Spec):
    """How far a column may move from the previous snapshot, as a population stability index.

    The usual reading: under 0.1 is stable, over 0.2 has shifted (Siddiqi, Credit Risk Scorecards, 2006).
    """

    warn: float = Field(default=0.2, gt=0, description="From here on the drift is reported.")
    stop: float | None = Field(
        default=None, gt=0, description="From here on the run stops; never when absent."
    )


class Column(Spec):
    """What one column must look like."""

    name: str = Field(min_length=1, description="As in the rows.")
    type: ColumnType = Field(description="A timestamp is in microseconds and UTC.")
    description: str = Field(default="", description="For the reader.")
    nullable: bool = Field(default=False, description="Whether values may be missing.")
    max_null_fraction: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="The largest share of nulls that is normal, for a nullable column.",
    )
    unique: bool = Field(default=False, description="Whether a value occurs in one row only.")
    min: float | None = Field(default=None, description="The smallest value allowed, for numbers.")
    max: float | None = Field(default=None, description="The largest value allowed, for numbers.")
    domain: tuple[str | bool | int, ...] | None = Field(default=None, description="The only values allowed.")
    environments: tuple[Environment, ...] = Field(
        default=("training", "serving"),
        description="Where the column exists: a label, or what is only known after the outcome, is for training alone.",
    )
    drift: DriftLimits | None = Field(
        default=None, description="Limits of its own, in place of the schema's."
    )

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.type in ("int64", "float64")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.min is not None or self.max is not None) and not self.is_number:
            raise ValueError(f"column {self.name!r} is a {self.type}; min and max are for numbers")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"column {self.name!r} has min {self.min} above max {self.max}")
        return self


class TableSchema(Spec):
    """The columns a table must have, and the rules for their values."""

    columns: tuple[Column, ...] = Field(min_length=1, description="One entry per column.")
    drift: DriftLimits = Field(
        default=DriftLimits(), description="Limits for every column that has none of its own."
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = self.names()
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"columns named more than once: {', '.join(twice)}")
        return self

    @classmethod
    def load(cls, path: Path) -> TableSchema:
        """Read a schema file.

        Raises:
            UseCaseError: It is not there, is not YAML, or has a wrong value; all of them are named.
        """
        return parse(cls, read_yaml(path), where=str(path))

    def names(self, environment: Environment = "training") -> tuple[str, ...]:
        """Names of the columns that exist in an environment, in order."""
        return tuple(column.name for column in self.columns if environment in column.environments)

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def select(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns of those names, in the order asked for."""
        return tuple(self.column(name) for name in names)

    def without(self, names: Iterable[str]) -> Self:
        """The schema without some of its columns."""
        left_out = set(names)
        return self.model_copy(
            update={"columns": tuple(column for column in self.columns if column.name not in left_out)}
        )

    def drift_limits(self, name: str) -> DriftLimits:
        """The limits that hold for a column: its own, else the schema's."""
        return self.column(name).drift or self.drift
