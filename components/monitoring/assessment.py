"""Performance put together: the labelled rows that fit into memory, the rivals, and the time that the shadow took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa

from components.contracts.monitoring import PerformanceReport
from components.contracts.prediction import ID
from components.contracts.schema import TableSchema
from components.contracts.sections import Evaluation, Preparation, Table, Training
from components.contracts.watching import Monitoring
from components.monitoring.performance import Rivals, judge
from components.monitoring.served import answer_columns
from components.monitoring.shadow import Fitted, refit
from components.stores.models import Model

MOST = 1_000_000
"""Rows that quality is measured on; of more, a share that the ids decide."""


@dataclass(frozen=True)
class Sections:
    """The parts of a use case that decide how a model is judged."""

    table: Table
    schema: TableSchema
    preparation: Preparation
    training: Training
    evaluation: Evaluation
    monitoring: Monitoring


def assess(
    served: ir.Table,
    reference: ir.Table,
    history: pa.Table | None,
    champion: Model,
    predecessor: Model | None,
    sections: Sections,
    metric: str,
    clock: Callable[[], float],
    jobs: int,
) -> PerformanceReport:
    """Judge the champion, beside a shadow that is fitted here when there are rows to fit it on.

    Args:
        served: Rows of the log with the truth.
        reference: Rows of the champion's snapshot in the same form.
        history: What a training would have read when the window began.
        champion: The model that answered.
        predecessor: The champion before.
        sections: Of the use case.
        metric: The one that decides.
        clock: Seconds, for the shadow's cost.
        jobs: How many threads there are.
    """
    rows, total = sampled(served)
    answer = answer_columns(champion.manifest)[0]
    held_out, _ = sampled(reference.filter(reference[answer].notnull()))
    began = clock()
    fitted = _fitted(history, champion, sections, jobs)
    seconds = clock() - began
    rivals = Rivals(fitted and fitted.shadow, fitted and fitted.baseline, predecessor)
    evaluation = sections.evaluation
    found = judge(
        rows,
        held_out,
        champion.manifest,
        rivals,
        sections.table,
        evaluation,
        metric,
        sections.monitoring.min_rows,
    )
    notes = list(found.notes)
    if rows.num_rows < total:
        notes.append(f"quality is measured on {rows.num_rows:,} of the {total:,} rows, drawn by their ids")
    if fitted is None:
        notes.append("no fresh model was compared: when the window began there was nothing newer to train on")
    return found.model_copy(
        update={
            "notes": tuple(notes),
            "shadow_rows": fitted.rows if fitted else 0,
            "shadow_seconds": seconds if fitted else 0.0,
        }
    )


def sampled(rows: ir.Table, most: int = MOST) -> tuple[pa.Table, int]:
    """Rows in memory, at most about `most` of them, and how many there are."""
    total = int(rows.count().to_pyarrow().as_py())
    if total <= most:
        return rows.to_pyarrow(), total
    step = -(-total // most)
    mark = rows[ID].hash() if ID in rows.columns else rows["event_time"].hash()
    return rows.filter((mark % step).abs() == 0).to_pyarrow(), total


def _fitted(history: pa.Table | None, champion: Model, sections: Sections, jobs: int) -> Fitted | None:
    shadow = sections.monitoring.shadow
    if history is None or shadow is None:
        return None
    return refit(
        history,
        champion.manifest,
        sections.table,
        sections.schema,
        sections.preparation,
        sections.training,
        shadow.max_rows,
        jobs,
    )
