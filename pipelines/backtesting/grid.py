"""A model for every instant at which one could have been trained, and its answers to all rows that came after."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.errors import DataError
from components.contracts.model import ModelManifest
from components.contracts.spec import period
from components.evaluation.predictions import Predictions
from components.extraction.extract import PointInTime
from components.extraction.window import View
from components.monitoring.served import classes_among, predictions
from components.monitoring.shadow import latest, on_all
from components.training.search import Setting
from pipelines import library
from pipelines.replaying.rows import whole

Instants = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Grid:
    """What every model would have said."""

    entry: library.Entry
    rows: pa.Table
    """Labelled rows in order of event time."""
    at: tuple[datetime, ...]
    """Checkpoints: when a model could be trained, and when the window before is judged."""
    manifest: ModelManifest
    """Of all models: they have the same settings."""
    scores: tuple[npt.NDArray[np.float32], ...]
    """Of each checkpoint's model, to the rows from `first[k]` on."""
    first: tuple[int, ...]
    """Of each checkpoint, its first row."""
    seconds: tuple[float, ...]
    """What each fit took."""

    def between(self, start: datetime, end: datetime) -> slice:
        """The rows of an interval of event time."""
        times = event_times(self.rows, self.entry)
        low, high = np.searchsorted(times, [_utc(start), _utc(end)])
        return slice(int(low), int(high))

    def known(self, rows: slice, at: datetime) -> npt.NDArray[np.int64]:
        """Of these rows, those whose label was known at an instant."""
        available = self.entry.case.table.available_time
        places = np.arange(rows.start, rows.stop)
        if available is None:
            return places
        times = self.rows[available].cast(pa.timestamp("us")).to_numpy()[rows]
        known: npt.NDArray[np.int64] = places[times < _utc(at)]
        return known

    def said(self, model: int, places: npt.NDArray[np.int64]) -> Predictions:
        """What a checkpoint's model said of rows after it."""
        scores = np.asarray(self.scores[model][places - self.first[model]], dtype=np.float64)
        labels = self.rows[self.entry.case.table.label].take(pa.array(places))
        return predictions(labels, scores, self.manifest, classes_among(labels, self.manifest))


def build(
    entry: library.Entry,
    data: str,
    start: datetime,
    end: datetime,
    scratch: Path,
    workers: int,
    tell: Callable[[int, int], None] = lambda done, of: None,
    features: PointInTime | None = None,
) -> Grid:
    """Fit a model at every checkpoint, in parallel, and let it answer all later rows.

    Settings are searched once, on what was known at the first checkpoint; each model is then fitted on everything that
    training would have read at its checkpoint.

    Args:
        entry: The use case; its `monitoring.every` is the distance of checkpoints.
        data: What relative addresses are relative to.
        start: The first checkpoint.
        end: When the year is over.
        scratch: Folder for the rows, which every worker reads.
        workers: Processes.
        tell: Told how many of the models are fitted.
        features: The feature store, where the use case looks features up.

    Raises:
        DataError: There are no labelled rows before the first checkpoint, or none after.
    """
    rows = all_rows(entry, data, features)
    pq.write_table(rows, scratch / "rows.parquet")
    at = checkpoints(start, end, entry.case.monitoring.every)
    times = event_times(rows, entry)
    first = tuple(int(place) for place in np.searchsorted(times, [_utc(one) for one in at]))
    if not first[0] or first[0] == len(times):
        raise DataError(
            f"{entry.case.name} has no labelled rows on both sides of {start:%Y-%m-%d}; choose another --from"
        )
    setting = _setting(entry, rows, at[0])
    found = []
    context = get_context("spawn")  # a forked process inherits threads' locks, and none of the threads
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = [
            pool.submit(_fit, scratch, entry, one, setting, place)
            for one, place in zip(at, first, strict=True)
        ]
        for done, job in enumerate(jobs, start=1):
            found.append(job.result())
            tell(done, len(jobs))
    manifest = found[0][0]
    return Grid(
        entry, rows, at, manifest, tuple(one[1] for one in found), first, tuple(one[2] for one in found)
    )


def all_rows(entry: library.Entry, data: str, features: PointInTime | None = None) -> pa.Table:
    """All labelled rows of a source, in order of event time and key: the same order in every run."""
    rows = whole(entry, data, features)
    return latest(rows, entry.case.table, rows.num_rows)


def checkpoints(start: datetime, end: datetime, every: str) -> tuple[datetime, ...]:
    """From `start` on, before `end`."""
    found = [start]
    while found[-1] + period(every) < end:
        found.append(found[-1] + period(every))
    return tuple(found)


def event_times(rows: pa.Table, entry: library.Entry) -> Instants:
    """(n,) event times in UTC."""
    return np.asarray(rows[str(entry.case.table.event_time)].cast(pa.timestamp("us")).to_numpy())


def _setting(entry: library.Entry, rows: pa.Table, at: datetime) -> Setting:
    case = entry.case
    trainer = on_all(seen(entry, rows, at), case.table, entry.schema, case.preparation, case.training, jobs=1)
    with redirect_stdout(StringIO()):
        return trainer.best()[0]


def seen(entry: library.Entry, rows: pa.Table, at: datetime) -> pa.Table:
    """Those rows that training would have read at an instant."""
    view = View.at(at, entry.case.table, entry.case.extraction)
    times = event_times(rows, entry)
    inside = times < _utc(view.end or at)
    if view.start is not None:
        inside &= times >= _utc(view.start)
    if entry.case.table.available_time is not None:
        inside &= rows[entry.case.table.available_time].cast(pa.timestamp("us")).to_numpy() < _utc(at)
    return rows.filter(pa.array(inside))


@lru_cache(maxsize=1)
def _read(path: Path) -> pa.Table:
    return pq.read_table(path)


def _fit(
    scratch: Path, entry: library.Entry, at: datetime, setting: Setting, first: int
) -> tuple[ModelManifest, npt.NDArray[np.float32], float]:
    rows, case = _read(scratch / "rows.parquet"), entry.case
    began = time.perf_counter()
    fixed = case.training.model_copy(update={"threshold": 0.5})
    trainer = on_all(seen(entry, rows, at), case.table, entry.schema, case.preparation, fixed, jobs=1)
    with redirect_stdout(StringIO()):  # of 40 models, nobody reads what each was fitted on
        model = trainer.finished(setting)
    seconds = time.perf_counter() - began
    return model.manifest, np.asarray(model.scores(rows.slice(first)), dtype=np.float32), seconds


def _utc(instant: datetime) -> np.datetime64:
    return np.datetime64(instant.replace(tzinfo=None), "us")
