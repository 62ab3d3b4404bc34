"""What a run adds to the metadata store and the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.contracts.reports import (
    AnalysisReport,
    Estimate,
    EvaluationReport,
    ExtractionReport,
    PreparationReport,
    Statistics,
    TrainingReport,
    Verdict,
)
from components.stores import objects
from components.stores.registry import Registry, Version
from components.stores.runs import Runs
from components.stores.signatures import Signer, sign


@dataclass(frozen=True)
class Results:
    """Everything a training run produced."""

    extraction: ExtractionReport
    statistics: Statistics
    analysis: AnalysisReport
    preparation: PreparationReport
    training: TrainingReport
    evaluation: EvaluationReport
    verdict: Verdict
    files: Mapping[str, Path]
    """Reports and pages to keep, by the name they are kept under."""
    model: Path
    """The model's folder."""

    @classmethod
    def read(cls, reports: Mapping[str, str], pages: Mapping[str, str], model: str) -> Results:
        """The results in a run's files.

        Args:
            reports: Name of each report to its file.
            pages: Name of each page to its file.
            model: The model's folder.
        """
        files = {f"reports/{name}.json": Path(path) for name, path in reports.items()}
        files |= {f"pages/{name}.html": Path(path) for name, path in pages.items()}
        return cls(
            extraction=ExtractionReport.read(reports["extraction"]),
            statistics=Statistics.read(reports["statistics"]),
            analysis=AnalysisReport.read(reports["analysis"]),
            preparation=PreparationReport.read(reports["preparation"]),
            training=TrainingReport.read(reports["training"]),
            evaluation=EvaluationReport.read(reports["evaluation"]),
            verdict=Verdict.read(reports["verdict"]),
            files=files,
            model=Path(model),
        )


def register(
    results: Results,
    run: str,
    lineage: str,
    standing: str,
    runs: Runs,
    registry: Registry,
    store: str,
    signer: Signer | None = None,
) -> bool:
    """Publish the model, record the run's results and, when the verdict allows it, move the champion.

    Args:
        results: What the run produced.
        run: The pipeline run.
        lineage: Digest of all that made the model.
        standing: Number of the champion when the run began to compare; empty when there was none.
        runs: The metadata store.
        registry: The registry of the use case.
        store: Where snapshots and models are kept.
        signer: What the model is signed with; None signs nothing.

    Returns:
        Whether the model's version is the champion now.

    Raises:
        ConflictError: Another run made another champion meanwhile.
    """
    run_id = runs.id_of(registry.name, run)
    address = f"{store}/models/{results.training.model_digest}"
    objects.publish(results.model, address)
    if signer is not None:
        sign(address, signer)
    statistics = f"{store}/statistics/{results.extraction.digest}.json"
    objects.write_bytes(statistics, results.statistics.model_dump_json().encode())

    version = registry.register(
        address, run_id, tags={"lineage": lineage, "snapshot": results.extraction.digest, "run": run}
    )
    facts = {"version": version.number, "champion": standing, "statistics": statistics, **tags(results)}
    runs.log(run_id, facts, metrics(results))
    runs.attach(run_id, results.files)

    if results.verdict.sound:
        registry.challenge(version)
    champion = registry.champion()
    if results.verdict.passed and version.withdrawn:
        runs.log(run_id, {"reason": _withdrawn(version)}, {})
    elif results.verdict.passed and not (champion and champion.digest == version.digest):
        registry.promote(version, standing)
    outcome = _outcome(results.verdict, registry, version.number)
    runs.log(run_id, {"verdict": outcome}, {})
    return outcome == "champion"


def _withdrawn(version: Version) -> str:
    return (
        f"version {version.number} was rolled back at {version.withdrawn}, so it does not become champion by itself; "
        f"`evergreen rollback` with `--to {version.number}` brings it back"
    )


def tags(results: Results) -> dict[str, str]:
    """What is looked for in a run, as text."""
    extraction = results.extraction
    window = f"{extraction.start or 'the first row'} to {extraction.end}" if extraction.end else "all rows"
    return {
        "snapshot": extraction.digest,
        "window": window,
        "model": results.training.model_digest,
        "algorithm": results.training.algorithm,
        "reason": "\n".join(results.verdict.reasons),
    }


def metrics(results: Results) -> dict[str, float]:
    """What a chart over runs can draw."""
    evaluation = results.evaluation
    groups: dict[str, dict[str, Estimate]] = {
        "candidate": evaluation.candidate,
        "champion": evaluation.champion,
        "baseline": evaluation.baseline,
        "over_champion": evaluation.over_champion,
        "over_baseline": evaluation.over_baseline,
    }
    found = {
        f"{group}.{metric}{suffix}": number
        for group, estimates in groups.items()
        for metric, estimate in estimates.items()
        for suffix, number in (("", estimate.value), (".low", estimate.low), (".high", estimate.high))
    }
    return found | {
        "rows.snapshot": float(results.extraction.rows),
        "rows.late": float(results.extraction.late),
        "rows.duplicates": float(results.extraction.duplicates),
        "rows.train": float(results.preparation.train.rows),
        "rows.test": float(results.preparation.test.rows),
        "analysis.warnings": float(len(results.analysis.anomalies) - len(results.analysis.errors)),
        "training.seconds": results.training.seconds,
        "training.peak_memory_mb": results.training.peak_memory_mb,
        "cost.latency_ms": evaluation.cost.latency_ms,
        "cost.size_mb": evaluation.cost.size_mb,
    }


def _outcome(verdict: Verdict, registry: Registry, number: str) -> str:
    if not verdict.passed:
        return "refused"
    champion = registry.champion()
    return "champion" if champion is not None and champion.number == number else "passed"
