"""A window of rows, scored by the model that serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.prediction import LABEL, VALUE
from components.contracts.schema import TableSchema
from components.contracts.scoring import ScoringReport
from components.contracts.sections import Table
from components.prediction.rows import Layout, Origin
from components.stores import objects, snapshots
from components.stores.content import chunk_rows
from components.stores.models import Model, read_model

ROWS = "rows.parquet"
REPORT = "report.json"


def scores_address(store: str, use_case: str, run: str) -> str:
    """Where the predictions of a run and their report are."""
    return f"{store}/scores/{use_case}/{run}"


def score(
    snapshot: str, address: str, origin: Origin, table: Table, schema: TableSchema, place: str
) -> ScoringReport:
    """Score every row of a snapshot and keep the predictions. Memory does not grow with the rows.

    Args:
        snapshot: Address of the rows; they need no label.
        address: The model's.
        origin: What the model is called.
        table: What the columns mean.
        schema: Types of the columns.
        place: Address of a folder of this run alone; its report is written last.

    Raises:
        ModelError: The model cannot be loaded.
        DataError: The rows do not fit the model.
        StoreError: The rows cannot be read, or the predictions not written.
    """
    model = read_model(address)
    layout = Layout.of(origin, model.manifest, table, schema)
    with TemporaryDirectory(prefix="evergreen-") as scratch:
        folder = Path(scratch)
        found = _Summary()
        with pq.ParquetWriter(folder / ROWS, layout.schema, compression="zstd") as writer:
            for predictions in _predictions(snapshot, model, layout):
                writer.write_table(predictions)
                found.add(predictions)
        report = ScoringReport(
            use_case=origin.use_case,
            version=origin.version,
            model=origin.model,
            snapshot=snapshot,
            as_of=origin.as_of,
            rows=found.rows,
            predictions=f"{place}/{ROWS}",
            outcomes=dict(sorted(found.outcomes.items())),
            mean=found.mean,
        )
        report.write(folder / REPORT)
        objects.publish(folder, place, last=REPORT)
    return report


def _predictions(snapshot: str, model: Model, layout: Layout) -> Iterator[pa.Table]:
    dataset, first = snapshots.open_snapshot(snapshot), 0
    size = chunk_rows(len(dataset.schema))
    for batch in dataset.to_batches(batch_size=size, batch_readahead=1, fragment_readahead=1):
        rows = pa.Table.from_batches([batch])
        scores = model.scores(rows)
        yield layout.rows(rows, scores, model.decide, first)
        first += rows.num_rows


@dataclass
class _Summary:
    rows: int = 0
    total: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, predictions: pa.Table) -> None:
        self.rows += predictions.num_rows
        if VALUE in predictions.column_names:
            self.total += predictions[VALUE].to_numpy().sum()
        else:
            for counted in predictions[LABEL].value_counts().to_pylist():
                self.outcomes[str(counted["values"])] += counted["counts"]

    @property
    def mean(self) -> float | None:
        return self.total / self.rows if self.rows and not self.outcomes else None
