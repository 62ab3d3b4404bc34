"""From prepared rows to a model, its baseline and how they came about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from sklearn.pipeline import Pipeline

from components.contracts.errors import UseCaseError
from components.contracts.features import KeyedView, needed
from components.contracts.metrics import PRIMARY
from components.contracts.model import ModelManifest
from components.contracts.reports import Candidate, TrainingReport
from components.contracts.schema import TableSchema
from components.contracts.sections import Preparation, Table, Training
from components.preparation.split import way
from components.stores.models import Model
from components.training.algorithms import pipeline
from components.training.fit import fit, reproducible
from components.training.folds import folds, search_rows
from components.training.learnable import Learnable, learnable
from components.training.scoring import scorer
from components.training.search import Setting, search, settings
from components.training.servable import servable
from components.training.threshold import choose_threshold


@dataclass(frozen=True)
class Trained:
    """A model, its baseline and how they came about."""

    model: Model
    baseline: Model
    candidates: tuple[Candidate, ...]
    search_metric: str
    rows: int
    seconds: float

    def report(self, model_digest: str, baseline_digest: str, peak_memory_mb: float) -> TrainingReport:
        """All that is worth telling, once the models are written."""
        made = self.model.manifest
        return TrainingReport(
            algorithm=made.algorithm,
            parameters=made.parameters,
            search_metric=self.search_metric,
            candidates=self.candidates,
            threshold=made.threshold,
            rows=self.rows,
            seconds=self.seconds,
            peak_memory_mb=peak_memory_mb,
            model_digest=model_digest,
            baseline_digest=baseline_digest,
        )


@dataclass(frozen=True)
class Trainer:
    """Rows, and what is to be made of them."""

    data: Learnable
    table: Table
    schema: TableSchema
    preparation: Preparation
    training: Training
    snapshot: str
    jobs: int
    views: Sequence[KeyedView] = ()

    @property
    def metric(self) -> str:
        """What the search optimizes."""
        search = self.training.search
        return (search.metric if search else None) or PRIMARY[self.table.task]

    def make(self, setting: Setting) -> Pipeline:
        """An unfitted pipeline."""
        return pipeline(
            setting.algorithm,
            setting.parameters,
            self.table.task,
            self.preparation.features,
            self.data.inputs,
            self.training.seed,
            self.jobs,
        )

    def best(self) -> tuple[Setting, tuple[Candidate, ...]]:
        """The best setting in the search, and all that were tried; none when there is nothing to choose."""
        tried = settings(self.training, self.table.task)
        if self.training.search is None or len(tried) == 1:
            return tried[0], ()
        data, seed = self.data, self.training.seed
        by = way(self.table, self.preparation.split)
        rows = search_rows(data.train_rows, self.training.search.max_rows, by, seed)
        target = data.target[rows]
        cut = folds(
            by,
            self.table.task,
            target,
            None if data.times is None else data.times[rows],
            None if data.groups is None else data.groups[rows],
            self.training.search.folds,
            seed,
        )
        score = scorer(self.metric, self.table.task, len(data.classes), data.positive_position)
        return search(tried, self.make, data.frame.iloc[rows], target, cut, self.metric, score, self.jobs)

    def finished(self, setting: Setting) -> Model:
        """The model of a setting: its threshold from the validation rows, then fitted on train and validation."""
        threshold = self._threshold(setting)
        print(f"fit {setting.algorithm} on {len(self.data.frame)} rows", flush=True)
        fitted = fit(self.make(setting), self.data.frame, self.data.target, self.jobs)
        return Model(self._manifest(setting, threshold), fitted)

    def _threshold(self, setting: Setting) -> float | None:
        data, wanted = self.data, self.training.threshold
        if data.positive_position is None:
            return None
        if not isinstance(wanted, str):
            if not 0 <= wanted <= 1:
                raise UseCaseError(f"training.threshold is {wanted}; a probability lies between 0 and 1")
            return wanted
        train, validation = slice(None, data.train_rows), slice(data.train_rows, None)
        print(f"fit {setting.algorithm} on {data.train_rows} rows, for its threshold", flush=True)
        fitted = fit(self.make(setting), data.frame.iloc[train], data.target[train], self.jobs)
        with reproducible(self.jobs, len(data.frame)):
            scores = fitted.predict_proba(data.frame.iloc[validation])[:, data.positive_position]
        return choose_threshold(data.target[validation] == data.positive_position, scores, wanted)

    def _manifest(self, setting: Setting, threshold: float | None) -> ModelManifest:
        return ModelManifest(
            task=self.table.task,
            label=self.table.label,
            classes=self.data.classes,
            positive=self.data.positive,
            threshold=threshold,
            inputs=self.data.inputs,
            algorithm=setting.algorithm,
            parameters=dict(setting.parameters),
            snapshot=self.snapshot,
            trained_until=self.data.until,
            keys=self.schema.select(self.table.key),
            event_time=None if self.table.event_time is None else self.schema.column(self.table.event_time),
            lookups=needed(self.views, (column.name for column in self.data.inputs)),
            label_type=self.schema.column(self.table.label).type,
        )


def train(
    train_rows: pa.Table,
    validation_rows: pa.Table,
    table: Table,
    schema: TableSchema,
    preparation: Preparation,
    training: Training,
    snapshot: str,
    jobs: int,
    views: Sequence[KeyedView] = (),
) -> Trained:
    """Search on the train rows, choose the threshold on the validation rows, fit on both; and so the baseline.

    Args:
        train_rows: In order of event time when split by time.
        validation_rows: Later ones, or others.
        table: What the columns mean.
        schema: Types of the columns.
        preparation: Features and split.
        training: Algorithms, search, baseline and threshold.
        snapshot: Digest of the rows.
        jobs: How many threads there are; the result does not depend on it.
        views: The feature views that some columns were looked up in.

    Raises:
        DataError: The rows do not fit the features, or cannot be cut into folds.
        UseCaseError: There is no such algorithm or hyperparameter, or none can be fitted.
    """
    started = time.perf_counter()
    data = learnable(train_rows, validation_rows, table, schema, preparation)
    trainer = Trainer(data, table, schema, preparation, training, snapshot, jobs, views)
    setting, candidates = trainer.best()
    baseline = Setting(training.baseline, training.parameters.get(training.baseline, {}))
    return Trained(
        model=servable(trainer.finished(setting), validation_rows),
        baseline=trainer.finished(baseline),
        candidates=candidates,
        search_metric=trainer.metric,
        rows=len(data.frame),
        seconds=time.perf_counter() - started,
    )
