"""How good the champion was in a window, and whether a fresh model would have been better: on the same rows, paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.metrics import METRICS
from components.contracts.model import ModelManifest
from components.contracts.monitoring import PerformanceReport, Point
from components.contracts.reports import Estimate
from components.contracts.sections import Evaluation, Table
from components.evaluation.comparison import Role, compare
from components.evaluation.predictions import Predictions
from components.evaluation.slices import members
from components.evaluation.units import span, units
from components.monitoring.estimate import expected
from components.monitoring.served import TRUTH, answer_columns, classes_among, plain, predictions, scores_of
from components.stores.models import Model

PARTS = 8
"""Points of the trend in one window."""

FEWEST = 50
"""Labelled rows that a point of the trend needs."""


@dataclass(frozen=True)
class Rivals:
    """Models that answer the same rows beside the champion; None where there is none."""

    shadow: Model | None = None
    baseline: Model | None = None
    predecessor: Model | None = None


def judge(
    served: pa.Table,
    reference: pa.Table,
    champion: ModelManifest,
    rivals: Rivals,
    table: Table,
    evaluation: Evaluation,
    metric: str,
    min_rows: int,
) -> PerformanceReport:
    """Measure the champion where labels exist, beside its rivals; and estimate it where they do not.

    Args:
        served: Rows of the log with the truth, null where it is not known.
        reference: Rows of the champion's snapshot that it was not fitted on, in the same form.
        champion: Whose predictions they are.
        rivals: What it is compared with.
        table: What the columns mean.
        evaluation: Metrics, slices and intervals, as when it was validated.
        metric: The one that decides.
        min_rows: With fewer labelled rows nothing is compared.
    """
    metrics = evaluation.metrics or tuple(METRICS[table.task])
    said = served.filter(_answered(served, champion))
    labelled = said.filter(pc.is_valid(said[TRUTH]))
    notes = [] if said.num_rows == served.num_rows else ["some predictions are not finite numbers"]
    found: dict[str, object] = {"metric": metric, "rows": labelled.num_rows, "notes": tuple(notes)}
    held_out = _Rows.of(reference.filter(_answered(reference, champion)), champion, table, evaluation)
    found["expected"] = _expected(said, held_out, champion, table, evaluation, metrics)
    if held_out.plain.num_rows >= min_rows:
        found["reference"] = held_out.scores({"candidate": held_out.champion}, metrics, evaluation)
    if labelled.num_rows < min_rows:
        return PerformanceReport.model_validate(found)
    rows = _Rows.of(labelled, champion, table, evaluation, _models(rivals))
    return PerformanceReport.model_validate(found | _measured(rows, rivals, metrics, evaluation))


@dataclass(frozen=True)
class _Rows:
    """Labelled rows, and everyone's answers to them."""

    plain: pa.Table
    table: Table
    champion: Predictions
    others: Mapping[str, Predictions]

    @classmethod
    def of(
        cls,
        rows: pa.Table,
        champion: ModelManifest,
        table: Table,
        evaluation: Evaluation,
        models: Mapping[str, Model] | None = None,
    ) -> _Rows:
        models = models or {}
        inputs = plain(rows, champion, table, [part.column for part in evaluation.slices])
        labels = inputs[table.label]
        classes = classes_among(labels, champion, *(model.manifest for model in models.values()))
        return cls(
            inputs,
            table,
            predictions(labels, scores_of(rows, champion), champion, classes),
            {
                name: predictions(labels, np.asarray(model.scores(inputs)), model.manifest, classes)
                for name, model in models.items()
            },
        )

    def scores(
        self, models: Mapping[Role, Predictions], metrics: Sequence[str], evaluation: Evaluation
    ) -> dict[str, Estimate]:
        drawn = units(self.plain, self.table, evaluation.bootstrap)
        return compare(models, [], metrics, drawn, evaluation.bootstrap).scores["candidate"]


def _measured(
    rows: _Rows, rivals: Rivals, metrics: Sequence[str], evaluation: Evaluation
) -> dict[str, object]:
    drawn = units(rows.plain, rows.table, evaluation.bootstrap)
    slices = members(rows.plain, [p for p in evaluation.slices if p.column in rows.plain.column_names])
    beside: dict[Role, Predictions] = {"candidate": rows.champion}
    beside |= {"baseline": rows.others["baseline"]} if rivals.baseline else {}
    beside |= {"champion": rows.others["predecessor"]} if rivals.predecessor else {}
    own = compare(beside, [], metrics, drawn, evaluation.bootstrap)
    found: dict[str, object] = {
        "champion": own.scores["candidate"],
        "over_baseline": own.gains.get("baseline", {}),
        "over_predecessor": own.gains.get("champion", {}),
        "trend": tuple(_trend(rows, metrics, evaluation)),
    }
    if rivals.shadow is not None:
        pair: dict[Role, Predictions] = {"candidate": rows.others["shadow"], "champion": rows.champion}
        regret = compare(pair, slices, metrics, drawn, evaluation.bootstrap)
        found |= {
            "shadow": regret.scores["candidate"],
            "over_champion": regret.gains["champion"],
            "slices": regret.slices,
        }
    return found


def _trend(rows: _Rows, metrics: Sequence[str], evaluation: Evaluation) -> list[Point]:
    bounds = span(rows.plain, rows.table.event_time)
    if bounds is None:
        return []
    times = rows.plain[str(rows.table.event_time)].cast(pa.timestamp("us")).to_numpy()
    first, last = (np.datetime64(bound.replace(tzinfo=None), "us") for bound in bounds)
    edges = first + (last - first + np.timedelta64(1, "us")) * np.arange(PARTS + 1) // PARTS
    points = []
    for start, end in pairwise(edges):
        inside = np.flatnonzero((times >= start) & (times < end))
        if len(inside) < FEWEST:
            continue
        part = _Rows(rows.plain.take(pa.array(inside)), rows.table, rows.champion.take(inside), {})
        estimates = part.scores({"candidate": part.champion}, metrics, evaluation)
        points.append(Point(start=_instant(start), end=_instant(end), rows=len(inside), metrics=estimates))
    return points


def _expected(
    said: pa.Table,
    held_out: _Rows,
    champion: ModelManifest,
    table: Table,
    evaluation: Evaluation,
    metrics: Sequence[str],
) -> dict[str, Estimate]:
    if champion.task == "regression" or not said.num_rows:
        return {}
    unlabelled = said.set_column(
        said.column_names.index(TRUTH), TRUTH, pa.array([champion.classes[0]] * said.num_rows)
    )
    rows = _Rows.of(unlabelled, champion, table, evaluation)
    drawn = units(rows.plain, table, evaluation.bootstrap)
    return expected(held_out.champion, rows.champion, drawn.of, metrics, evaluation.bootstrap)


def _answered(rows: pa.Table, champion: ModelManifest) -> pa.ChunkedArray:
    """Rows whose every score is a finite number; none where nothing was served, and the log has no such column."""
    if not rows.num_rows:
        return pa.chunked_array([pa.array([], pa.bool_())])
    finite = [pc.fill_null(pc.is_finite(rows[name]), False) for name in answer_columns(champion)]
    whole = finite[0]
    for column in finite[1:]:
        whole = pc.and_(whole, column)
    return whole


def _models(rivals: Rivals) -> dict[str, Model]:
    named = {"shadow": rivals.shadow, "baseline": rivals.baseline, "predecessor": rivals.predecessor}
    return {name: model for name, model in named.items() if model is not None}


def _instant(moment: np.datetime64) -> datetime:
    found: datetime = moment.astype("datetime64[us]").item()
    return found.replace(tzinfo=UTC)
