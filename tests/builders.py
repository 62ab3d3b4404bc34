"""Values that many tests need, each with the least that is valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from components.contracts.reports import (
    AnalysisReport,
    Cost,
    Estimate,
    EvaluationReport,
    ExtractionReport,
    Part,
    PreparationReport,
    RunHeader,
    Statistics,
    TrainingReport,
    Verdict,
)
from components.contracts.schema import TableSchema
from components.contracts.smoke import BadRequest, SmokeReport
from components.contracts.usecase import UseCase
from components.recording.register import Results

COLUMNS = [
    {"name": "at", "type": "timestamp"},
    {"name": "id", "type": "int64"},
    {"name": "size", "type": "float64"},
    {"name": "colour", "type": "string"},
    {"name": "sold", "type": "boolean", "environments": ["training"]},
]


def sections(**changes: Any) -> dict[str, Any]:
    """A small use case as its YAML reads."""
    return {
        "name": "shop",
        "table": {"task": "classification", "label": "sold", "event_time": "at", "key": ["id"]},
        "extraction": {"tables": {"sales": "sales.parquet"}},
        "preparation": {"features": {"numeric": ["size"], "categorical": ["colour"]}},
        "validation": {"gates": [{"metric": "roc_auc", "bound": 0.5}]},
        **changes,
    }


def use_case(**changes: Any) -> UseCase:
    """A small use case."""
    return UseCase.model_validate(sections(**changes))


def schema(columns: list[dict[str, Any]] | None = None) -> TableSchema:
    """The schema of the small use case."""
    return TableSchema.model_validate({"columns": columns or COLUMNS})


def header(run: str, **changes: Any) -> RunHeader:
    """A run as it is known when it starts."""
    known = {
        "use_case": "shop",
        "cause": "manual",
        "as_of": "2013-03-01T00:00:00+00:00",
        "code": "abc",
        "lock": "def",
    }
    return RunHeader.model_validate({"run": run, "config": {"training": {"seed": 7}}, **known, **changes})


def estimate(value: float, low: float | None = None, high: float | None = None) -> Estimate:
    """A value and its interval."""
    return Estimate(value=value, low=value if low is None else low, high=value if high is None else high)


def smoke(**changes: Any) -> SmokeReport:
    """How a sound model behaved in the predictor."""
    known = {
        "startup_seconds": 2.0,
        "golden_rows": 10,
        "bad_requests": (BadRequest(name="no rows", field="instances", status=400, named=True),),
        "requests": 200,
        "latency_ms": 1.0,
        "latency_p99_ms": 2.0,
    }
    return SmokeReport.model_validate({**known, **changes})


def results(
    folder: Path, model: str = "m1", snapshot: str = "s1", passed: bool = True, sound: bool = True
) -> Results:
    """What a training run produced, with a model folder of one file."""
    place = folder / model
    place.mkdir(parents=True, exist_ok=True)
    (place / "manifest.json").write_text(model)
    part = Part(rows=10)
    return Results(
        extraction=ExtractionReport(snapshot=f"/store/{snapshot}", digest=snapshot, rows=30, columns=5),
        statistics=Statistics(snapshot=snapshot, rows=30, columns=()),
        analysis=AnalysisReport(),
        preparation=PreparationReport(split_by="time", unlabelled=0, train=part, validation=part, test=part),
        training=TrainingReport(
            algorithm="linear",
            parameters={},
            search_metric="log_loss",
            rows=20,
            seconds=1.0,
            peak_memory_mb=100.0,
            model_digest=model,
            baseline_digest="b1",
        ),
        evaluation=EvaluationReport(
            rows=10,
            blocks=10,
            candidate={"roc_auc": estimate(0.7, 0.6, 0.8)},
            baseline={"roc_auc": estimate(0.5)},
            over_baseline={"roc_auc": estimate(0.2, 0.1, 0.3)},
            cost=Cost(size_mb=1.0, latency_ms=2.0, latency_p99_ms=3.0),
        ),
        verdict=Verdict(passed=passed, sound=sound, reasons=() if passed else ("too weak",)),
        files={"reports/verdict.json": place / "manifest.json"},
        model=place,
    )
