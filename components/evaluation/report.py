"""The evaluation of a candidate, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np
import pyarrow as pa

from components.contracts.metrics import METRICS, PRIMARY
from components.contracts.reports import Cost, EvaluationReport
from components.contracts.sections import Evaluation, Preparation, Scalar, Table
from components.evaluation.calibration import reliability
from components.evaluation.comparison import Role, compare
from components.evaluation.contenders import Contender, Contenders
from components.evaluation.cost import CALLS, cost
from components.evaluation.importance import importance, sample
from components.evaluation.metrics import values
from components.evaluation.predictions import Floats, Predictions, all_classes, classify, encode
from components.evaluation.serving import answerer, requests, serving_problem
from components.evaluation.slices import members
from components.evaluation.units import Units, span, units


@dataclass(frozen=True)
class Assessment:
    """The report, and what its page draws."""

    report: EvaluationReport
    predictions: dict[Role, Predictions]
    classes: tuple[Scalar, ...]


def assess(
    rows: pa.Table,
    contenders: Contenders,
    table: Table,
    preparation: Preparation,
    evaluation: Evaluation,
    clock: Callable[[], float],
    calls: int = CALLS,
) -> Assessment:
    """Measure the candidate, and those it is compared with, on held-out rows.

    Args:
        rows: Held-out rows with label.
        contenders: The models and their answers to these rows.
        table: What the columns mean.
        preparation: How the rows were held out.
        evaluation: What is measured.
        clock: Seconds, for the time that predictions take; the only part of the result that differs between runs.
        calls: How many predictions are timed.

    Raises:
        UseCaseError: A slice or the bootstrap's block does not fit the rows.
    """
    models = dict(_models(contenders))
    classes = all_classes(_labels(rows, table), [model.manifest for model in models.values()])
    predictions = {
        role: _predictions(rows, model, model.scores, table, classes) for role, model in models.items()
    }
    drawn = units(rows, table, evaluation.bootstrap)
    metrics = evaluation.metrics or tuple(METRICS[table.task])
    found = compare(predictions, members(rows, evaluation.slices), metrics, drawn, evaluation.bootstrap)
    start, end = span(rows, table.event_time) or (None, None)
    candidate = contenders.candidate
    report = EvaluationReport(
        rows=rows.num_rows,
        start=start,
        end=end,
        blocks=drawn.size,
        candidate=found.scores["candidate"],
        baseline=found.scores["baseline"],
        champion=found.scores.get("champion", {}),
        over_baseline=found.gains["baseline"],
        over_champion=found.gains.get("champion", {}),
        candidate_model=candidate.digest,
        champion_model=contenders.champion_model,
        champion_problem=contenders.absence,
        slices=found.slices,
        reliability=reliability(predictions["candidate"]),
        importance=_importance(rows, candidate, table, evaluation, classes),
        threshold=candidate.manifest.threshold,
        non_finite=int((~predictions["candidate"].finite).sum()),
        cost=_cost(contenders, rows, clock, calls),
        serving_problem=serving_problem(candidate, rows),
        notes=tuple(_notes(rows, contenders, table, preparation, drawn)),
    )
    return Assessment(report, predictions, classes)


def _models(contenders: Contenders) -> Iterator[tuple[Role, Contender]]:
    yield "candidate", contenders.candidate
    yield "baseline", contenders.baseline
    if contenders.champion is not None:
        yield "champion", contenders.champion


def _labels(rows: pa.Table, table: Table) -> Sequence[Scalar]:
    return [] if table.task == "regression" else rows[table.label].to_pylist()


def _predictions(
    rows: pa.Table, model: Contender, scores: Floats, table: Table, classes: Sequence[Scalar]
) -> Predictions:
    if table.task == "regression":
        return Predictions(rows[table.label].cast(pa.float64()).to_numpy(), scores)
    return classify(encode(_labels(rows, table), classes), scores, model.manifest, classes)


def _importance(
    rows: pa.Table, model: Contender, table: Table, evaluation: Evaluation, classes: Sequence[Scalar]
) -> dict[str, float]:
    seed, metric = evaluation.bootstrap.seed, PRIMARY[table.task]
    if not evaluation.importance_rows or not np.isfinite(model.scores).all():
        return {}

    def loss(some: pa.Table) -> float:
        return values([metric], _predictions(some, model, model.model.scores(some), table, classes))[metric]

    features = [column.name for column in model.manifest.inputs]
    return importance(loss, sample(rows, evaluation.importance_rows, seed), features, seed)


def _cost(contenders: Contenders, rows: pa.Table, clock: Callable[[], float], calls: int) -> Cost:
    model = contenders.candidate.model
    return cost(contenders.folder, answerer(model), requests(rows, model, calls), clock, calls)


def _notes(
    rows: pa.Table, contenders: Contenders, table: Table, preparation: Preparation, drawn: Units
) -> Iterator[str]:
    if drawn.note is not None:
        yield drawn.note
    if table.event_time is not None and preparation.split.by in ("group", "label", "random"):
        yield (
            f"The rows were held out by {preparation.split.by}, not the latest ones: "
            "expect less of the model on rows that are yet to come."
        )
    if contenders.absence is not None:
        yield f"The champion {str(contenders.champion_model)[:12]} could not be compared: {contenders.absence}"
    yield from _seen(rows, contenders.champion, table)
    unknown = [
        name for name in set(_labels(rows, table)) if name not in contenders.candidate.manifest.classes
    ]
    if unknown:
        yield (
            f"Held-out rows are of classes that the candidate was not trained on: {', '.join(sorted(map(str, unknown)))}; "
            "they count against it."
        )


def _seen(rows: pa.Table, champion: Contender | None, table: Table) -> Iterator[str]:
    held_out, until = span(rows, table.event_time), champion.manifest.trained_until if champion else None
    if held_out is not None and until is not None and until.astimezone(UTC) >= held_out[0]:
        yield (
            f"The champion was trained on rows up to {until:%Y-%m-%d %H:%M}, and the held-out rows start at "
            f"{held_out[0]:%Y-%m-%d %H:%M}: it has seen some of them, and looks better here than it is."
        )
