"""A world to monitor: a log on disk, labels, decisions and alerts, and the steps' own functions on them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from kfp.dsl import HTML, Artifact, Dataset, Metrics

from components.contracts.decisions import Record
from components.contracts.monitoring import CollectionReport
from components.monitoring.component import collect, drift, performance
from components.settings import Settings
from components.stores.decisions import Decisions
from components.stores.hours import folder, hours_of
from components.triggering.component import decide, trigger
from pipelines import library, watch


@dataclass
class World:
    """A log, labels, decisions and alerts of one test."""

    place: Path
    settings: Settings
    changes: list[str]
    windows: int = field(default=0)

    def log(self, rows: pa.Table, name: str = "rows") -> None:
        """Write rows where the predictor would."""
        for hour, part in hours_of(rows) if rows.num_rows else ():
            at = Path(folder(self.settings.predictions_uri(), "housing", hour))
            at.mkdir(parents=True, exist_ok=True)
            pq.write_table(part, at / f"{name}.parquet")

    def label(self, labels: pa.Table) -> None:
        """What came of rows becomes known."""
        at = self.place / "truth"
        at.mkdir(exist_ok=True)
        pq.write_table(labels, at / f"{len(list(at.iterdir()))}.parquet")

    def watch(self, end: datetime) -> tuple[Record, CollectionReport]:
        """The monitoring pipeline's steps on the window that ends so: what was decided, and what was collected."""
        entry = library.load("housing", self.changes)
        given = watch.arguments(entry, end)
        here = self.place / f"window-{self.windows}"
        here.mkdir()
        self.windows += 1

        def of(*names: str) -> dict[str, object]:
            return {name: given[name] for name in names}

        def made(kind: type[Artifact], name: str) -> Artifact:
            return kind(uri=str(here / name))

        served, reference = made(Dataset, "served"), made(Dataset, "reference")
        reports = {name: made(Artifact, name) for name in ("collection", "drift", "performance")}
        champion, predecessor = collect.python_func(
            **of("name", "as_of", "table", "schema", "extraction", "monitoring"),
            served=served, reference=reference, report=reports["collection"],
        )  # fmt: skip
        rows = {"served": served, "reference": reference, "collection": reports["collection"]}
        drift.python_func(
            champion=champion,
            **of("schema", "evaluation", "monitoring"),
            **rows,
            report=reports["drift"],
        )
        performance.python_func(
            champion=champion, predecessor=predecessor,
            **of("metric", "table", "schema", "extraction", "preparation", "training", "evaluation", "monitoring"),
            **rows, report=reports["performance"],
        )  # fmt: skip
        found = decide.python_func(
            **of("name", "monitoring", "triggering"), **reports, metrics=made(Metrics, "metrics"),
            prometheus=made(Artifact, "metrics.prom"), page=made(HTML, "page.html"),
        )  # fmt: skip
        trigger.python_func(**of("name", "triggering"), findings=found)
        (record,) = [one for one in Decisions(self.settings).history("housing") if one.end == end]
        return record, CollectionReport.read(reports["collection"].path)

    def alerts(self) -> list[str]:
        """The codes that a person was told, in order."""
        told = Path(self.settings.alerts_place())
        lines = told.read_text().splitlines() if told.exists() else []
        return [json.loads(line)["evergreen"]["code"] for line in lines]
