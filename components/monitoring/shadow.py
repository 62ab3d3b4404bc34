"""The cheap challenger: the champion's settings, fitted anew on rows before a window, and never served."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from components.contracts.model import ModelManifest
from components.contracts.schema import TableSchema
from components.contracts.sections import Preparation, Table, Training
from components.evaluation.units import event_times
from components.preparation.labels import is_labelled
from components.stores.models import Model
from components.training.learnable import learnable
from components.training.search import Setting
from components.training.trainer import Trainer


class Fitted(NamedTuple):
    """What a fresh training would have made."""

    shadow: Model
    baseline: Model
    rows: int


def refit(
    rows: pa.Table,
    champion: ModelManifest,
    table: Table,
    schema: TableSchema,
    preparation: Preparation,
    training: Training,
    max_rows: int,
    jobs: int,
) -> Fitted:
    """Fit the champion's algorithm and parameters, and the baseline, without a search.

    Args:
        rows: Rows that were known before the window.
        champion: Its settings and threshold are taken over.
        table: What the columns mean.
        schema: Types of the columns.
        preparation: The features.
        training: The baseline and the seed.
        max_rows: The latest of the labelled rows that are fitted on.
        jobs: How many threads there are; the result does not depend on it.

    Raises:
        DataError: The rows do not fit the features.
    """
    recent = latest(rows, table, max_rows)
    fixed = training.model_copy(
        update={"threshold": 0.5 if champion.threshold is None else champion.threshold}
    )
    trainer = on_all(recent, table, schema, preparation, fixed, jobs)
    baseline = Setting(training.baseline, training.parameters.get(training.baseline, {}))
    return Fitted(
        shadow=trainer.finished(Setting(champion.algorithm, champion.parameters)),
        baseline=trainer.finished(baseline),
        rows=recent.num_rows,
    )


def on_all(
    rows: pa.Table, table: Table, schema: TableSchema, preparation: Preparation, training: Training, jobs: int
) -> Trainer:
    """A trainer that holds nothing back; its threshold must be given, for it has no rows to choose one on."""
    data = learnable(rows, rows.slice(0, 0), table, schema, preparation)
    return Trainer(data, table, schema, preparation, training, snapshot="", jobs=jobs)


def latest(rows: pa.Table, table: Table, most: int) -> pa.Table:
    """The latest labelled rows, in order of event time."""
    labelled = rows.filter(pa.array(is_labelled(rows[table.label])))
    order = np.argsort(event_times(labelled, str(table.event_time)), kind="stable")
    return labelled.take(pa.array(order[-most:]))
