"""The query of a draft: what is converted, and which rows are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.drafting.rows import literal, quoted


@dataclass(frozen=True)
class Conversion:
    """How a column becomes what it means."""

    column: str
    sql: str
    reason: str
    added: bool = False
    """Whether it is a new column beside the others."""
    by_type: bool = False
    """Whether extraction does it by the schema's type, so that the query need not."""


@dataclass(frozen=True)
class Query:
    """What is to be done to a table before it is one row per example."""

    conversions: tuple[Conversion, ...] = ()
    copies: int = 0
    """Rows that are exact copies of others."""
    label: str = ""
    rare: tuple[Any, ...] = ()
    """Classes of the label with so few rows that they cannot be on all sides of a split."""

    def sql(self, table: str, by_type: bool = True) -> str:
        """The query over a table.

        Args:
            table: Its name.
            by_type: Whether to convert, too, what the schema's types convert.
        """
        done = [one for one in self.conversions if by_type or not one.by_type]
        replaced = ",\n".join(f"  {one.sql} AS {quoted(one.column)}" for one in done if not one.added)
        added = "".join(f",\n  {one.sql} AS {quoted(one.column)}" for one in done if one.added)
        distinct = "DISTINCT " if self.copies else ""
        replacing = f" REPLACE (\n{replaced}\n)" if replaced else ""
        return f"SELECT {distinct}*{replacing}{added}\nFROM {quoted(table)}{self._where()}"

    def _where(self) -> str:
        if not self.rare:
            return ""
        label = quoted(self.label)
        rare = ", ".join(literal(value) if isinstance(value, str) else str(value) for value in self.rare)
        return f"\nWHERE {label} IS NULL OR {label} NOT IN ({rare})"

    def in_file(self, table: str) -> str | None:
        """The query as the use case needs it; None where the table is right as it is."""
        needed = self.copies or self.rare or any(not one.by_type for one in self.conversions)
        return self.sql(table, by_type=False) if needed else None
