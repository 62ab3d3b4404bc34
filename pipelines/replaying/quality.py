"""How good what was served was, by month, beside what other policies would have answered to the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from joblib import cpu_count

from components.contracts.errors import DataError
from components.contracts.model import ModelManifest
from components.contracts.prediction import ID, VERSION
from components.evaluation.metrics import values
from components.evaluation.predictions import Predictions
from components.monitoring.served import classes_among, predictions, scores_of
from components.monitoring.shadow import latest, on_all
from components.stores.models import Model
from components.training.search import Setting
from pipelines import library
from pipelines.backtesting.grid import event_times, seen
from pipelines.backtesting.simulate import together
from pipelines.replaying.rest import ID_SENT


@dataclass(frozen=True)
class Policy:
    """What a policy led to, on the rows that were served."""

    name: str
    months: Mapping[datetime, float]
    """Month to the metric of its labelled rows."""
    trained: tuple[datetime, ...]
    """As of when, the first training apart, which is everybody's."""
    seconds: float
    """What its trainings took."""
    watching: float
    """Seconds of its monitoring."""

    @property
    def quality(self) -> float:
        """The mean over the months."""
        return float(np.mean(list(self.months.values()))) if self.months else float("nan")


@dataclass(frozen=True)
class Judge:
    """The rows that were served and labelled and are in the prediction log, and how answers to them are measured."""

    entry: library.Entry
    metric: str
    rows: pa.Table
    """As the source has them."""
    logged: pa.Table
    """The same as the log has them, in the same order."""

    @classmethod
    def of(cls, entry: library.Entry, metric: str, sent: Sequence[pa.Table], logged: pa.Table) -> Judge:
        """Of rows that were sent, and the log.

        Raises:
            DataError: None of them is in the log with a label.
        """
        places = {name: place for place, name in enumerate(logged[ID].to_pylist())}
        rows = pa.concat_tables(sent) if sent else pa.table({ID_SENT: pa.array([], pa.string())})
        kept = rows.filter(pc.is_in(rows[ID_SENT], logged[ID]))
        if not kept.num_rows:
            raise DataError(
                f"no answered row of {entry.case.name} is in the prediction log; send more of them"
            )
        judged = latest(kept, entry.case.table, kept.num_rows)
        at = pa.array([places[name] for name in judged[ID_SENT].to_pylist()], pa.int64())
        return cls(entry, metric, judged, logged.take(at))

    def served(self, manifests: Mapping[str, ModelManifest]) -> dict[datetime, float]:
        """The metric of what callers were answered.

        Args:
            manifests: Version to what its model says about itself.
        """
        versions = np.asarray(self.logged[VERSION].to_pylist())
        return self._by_month(
            versions, lambda version, at: scores_of(self.logged.take(at), manifests[version]), manifests
        )

    def would_have(self, models: Sequence[Model], since: Sequence[datetime]) -> dict[datetime, float]:
        """The metric, had each model answered from its instant on."""
        ends = np.asarray([_utc(one) for one in since])
        of = (np.searchsorted(ends, event_times(self.rows, self.entry), side="right") - 1).clip(0).astype(str)
        named = {str(place): model for place, model in enumerate(models)}
        manifests = {name: model.manifest for name, model in named.items()}
        return self._by_month(of, lambda name, at: named[name].scores(self.rows.take(at)), manifests)

    def _by_month(
        self,
        whose: np.ndarray,
        scores: Callable[[str, pa.Array], np.ndarray],
        manifests: Mapping[str, ModelManifest],
    ) -> dict[datetime, float]:
        months = event_times(self.rows, self.entry).astype("datetime64[M]")
        found = {}
        for month in np.unique(months):
            said = []
            for name in np.unique(whose[months == month]):
                at = pa.array(np.flatnonzero((months == month) & (whose == name)))
                said.append(self._said(at, scores(str(name), at), manifests[str(name)], manifests.values()))
            found[month.astype("datetime64[us]").item().replace(tzinfo=UTC)] = self._value(said)
        return {month: value for month, value in found.items() if np.isfinite(value)}

    def _said(
        self, at: pa.Array, scores: np.ndarray, own: ModelManifest, all_of: Iterable[ModelManifest]
    ) -> Predictions:
        labels = self.rows[self.entry.case.table.label]
        return predictions(labels.take(at), scores, own, classes_among(labels, *all_of))

    def _value(self, said: Sequence[Predictions]) -> float:
        return float(values([self.metric], together(said))[self.metric])


def retrained(
    entry: library.Entry,
    first: Model,
    rows: pa.Table,
    at: Sequence[datetime],
    tell: Callable[[int, int], None],
) -> tuple[list[Model], float]:
    """A model of each instant with the first one's settings, fitted on all that training would have read; and the seconds.

    Args:
        entry: The use case.
        first: The model that all policies begin with.
        rows: All that were recorded.
        at: When is trained.
        tell: Told how many are fitted.
    """
    case, found, began = entry.case, list[Model](), time.perf_counter()
    own = first.manifest
    setting = Setting(own.algorithm, own.parameters)
    fixed = case.training.model_copy(update={"threshold": 0.5 if own.threshold is None else own.threshold})
    for done, instant in enumerate(at, start=1):
        known = latest(seen(entry, rows, instant), case.table, rows.num_rows)
        with redirect_stdout(StringIO()):
            trainer = on_all(known, case.table, entry.schema, case.preparation, fixed, jobs=cpu_count())
            found.append(trainer.finished(setting))
        tell(done, len(at))
    return found, time.perf_counter() - began


def _utc(instant: datetime) -> np.datetime64:
    return np.datetime64(instant.replace(tzinfo=None), "us")
