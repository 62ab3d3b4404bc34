"""Decisions as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from components.contracts.decisions import Record

MOST = 40
"""Decisions that are shown, the latest; the metadata store has all of them."""


def decisions_table(records: Sequence[Record]) -> Table:
    """What knocked, what was decided and why, and what came of it; latest first."""
    table = Table("up to", "cause", "decided", "evidence", "why not", "run", "helped", title_justify="left")
    table.title = "Decisions"
    for record in records[:MOST]:
        decision = record.decision
        table.add_row(
            f"{record.end:%Y-%m-%d}",
            record.cause,
            Text("train", "green") if decision.trains else "-",
            "; ".join(decision.event.evidence.found),
            "\n".join(f"{reason.code}: {reason.message}" for reason in decision.reasons),
            record.run
            or (f"waits: {record.error}" if record.error else record.state if decision.trains else ""),
            record.outcome.told if record.outcome else "",
        )
    return table
