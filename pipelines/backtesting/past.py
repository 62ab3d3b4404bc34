"""What monitoring would have found at a checkpoint, had a given model served."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.analysis.statistics import describe
from components.contracts.monitoring import CollectionReport, DriftReport, PerformanceReport, Shift
from components.contracts.reports import Estimate
from components.contracts.schema import TableSchema
from components.contracts.spec import period
from components.evaluation.comparison import Role, compare
from components.evaluation.predictions import Predictions
from components.evaluation.units import units
from components.monitoring.drift import Watched, shifts
from components.monitoring.movement import CLOSELY
from components.monitoring.tally import Bins, Tally, day_of, tally
from components.stores.databases import engine
from pipelines.backtesting.grid import Grid


@dataclass
class Past:
    """The findings of every checkpoint; what was measured once is not measured again."""

    grid: Grid
    metric: str
    _performance: dict[tuple[int, int], PerformanceReport] = field(default_factory=dict)
    _drift: dict[tuple[int, int], DriftReport] = field(default_factory=dict)
    _tallies: dict[str, Tally] = field(default_factory=dict)

    def collection(self, at: int, serving: int) -> CollectionReport:
        """What was served in the window that ends at a checkpoint, by the model of another."""
        start, end = self._span(at)
        rows = self.grid.between(start, end)
        known = len(self.grid.known(rows, end))
        total = rows.stop - rows.start
        return CollectionReport(
            use_case=self.grid.entry.case.name,
            start=start,
            end=end,
            version=str(serving),
            model="",
            rows=total,
            expected=known,
            labelled=known,
            new_rows=self.grid.first[at] - self.grid.first[serving],
            trained_until=self.grid.at[serving],
        )

    def performance(self, at: int, serving: int) -> PerformanceReport:
        """The served model beside the one that was trained when the window began, where that is newer."""
        if (at, serving) not in self._performance:
            self._performance[at, serving] = self._judged(at, serving)
        return self._performance[at, serving]

    def drift(self, at: int, serving: int) -> DriftReport:
        """How the window moved from the rows that the served model learned from."""
        if (at, serving) not in self._drift:
            self._drift[at, serving] = self._moved(at, serving)
        return self._drift[at, serving]

    def _span(self, at: int) -> tuple[datetime, datetime]:
        end = self.grid.at[at]
        return end - period(self.grid.entry.case.monitoring.window), end

    def _judged(self, at: int, serving: int) -> PerformanceReport:
        start, end = self._span(at)
        begins = max(start, self.grid.at[serving])  # it answers from its own checkpoint on
        places = self.grid.known(self.grid.between(begins, end), end)
        if len(places) < self.grid.entry.case.monitoring.min_rows:
            return PerformanceReport(metric=self.metric, rows=len(places))
        shadow = max((k for k, instant in enumerate(self.grid.at) if instant <= start), default=-1)
        models: dict[Role, Predictions] = {"champion": self.grid.said(serving, places)}
        if shadow > serving:
            models["candidate"] = self.grid.said(shadow, places)
            return self._compared(places, models, self.metric)
        return self._compared(places, {"candidate": models["champion"]}, self.metric)

    def _compared(
        self, places: npt.NDArray[np.int64], models: dict[Role, Predictions], metric: str
    ) -> PerformanceReport:
        case = self.grid.entry.case
        rows = self.grid.rows.select([str(case.table.event_time)]).take(pa.array(places))
        bootstrap = case.evaluation.bootstrap.model_copy(update={"resamples": 200})
        drawn = units(rows, case.table, bootstrap)
        found = compare(models, [], [metric], drawn, bootstrap)
        own = found.scores["champion" if "champion" in models else "candidate"]
        gain: dict[str, Estimate] = found.gains.get("champion", {})
        return PerformanceReport(metric=metric, rows=len(places), champion=own, over_champion=gain)

    def _moved(self, at: int, serving: int) -> DriftReport:
        tallies = self._tallies or self._count()
        start, end = (int(one.timestamp() // 86_400) for one in self._span(at))
        learned = int(self.grid.at[serving].timestamp() // 86_400)
        case, schema = self.grid.entry.case, self.grid.entry.schema
        watched = [
            Watched(
                "input", _days(one, None, learned), _days(one, start, end), schema.drift_limits(name).warn, {}
            )
            for name, one in tallies.items()
        ]
        whole: tuple[Shift, ...] = shifts(watched, case.monitoring.drift)[0]
        rows = self.grid.between(*self._span(at))
        return DriftReport(
            rows=rows.stop - rows.start, reference_rows=self.grid.first[serving], windows=0, shifts=whole
        )

    def _count(self) -> dict[str, Tally]:
        """All rows by day, in the bins of the rows before the first checkpoint."""
        case, schema = self.grid.entry.case, self.grid.entry.schema
        names = [*case.preparation.features.numeric, *case.preparation.features.categorical]
        time = str(case.table.event_time)
        backend = engine()
        backend.con.register("rows", self.grid.rows.select([*names, *([time] if time not in names else [])]))
        rows = backend.table("rows")
        first = rows.filter(rows[time] < ibis.literal(self.grid.at[0], type=rows[time].type()))
        columns = TableSchema(columns=tuple(c for c in schema.select(names) if c.type != "boolean"))
        bins = [Bins.of(column) for column in describe(first, columns, CLOSELY, "").columns]
        event = rows[time].cast("timestamp('UTC')")
        self._tallies = dict(tally(rows, bins, day_of(event)))
        return self._tallies


def _days(whole: Tally, start: int | None, end: int) -> Tally:
    """The days of an interval."""
    kept = [at for at, day in enumerate(whole.cells) if (start is None or day >= start) and day < end]
    return Tally(whole.bins, tuple(whole.cells[at] for at in kept), whole.counts[kept], whole.sizes[kept])
