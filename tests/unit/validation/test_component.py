"""The step as KFP calls it."""

from pathlib import Path

from kfp.dsl import Artifact, Markdown, Model

from components.contracts.reports import Cost, Estimate, EvaluationReport, Verdict
from components.contracts.smoke import SmokeReport
from components.validation.component import validate


def test_the_step_refuses_with_every_reason(tmp_path):
    found = {"roc_auc": Estimate(value=0.4, low=0.4, high=0.4)}
    report = EvaluationReport(
        rows=10,
        blocks=10,
        candidate=found,
        baseline=found,
        over_baseline=found,
        cost=Cost(size_mb=1, latency_ms=1, latency_p99_ms=1),
    )
    report.write(tmp_path / "report.json")
    verdict, smoke = (Artifact(uri=str(tmp_path / f"{name}.json")) for name in ("verdict", "smoke"))
    summary = Markdown(uri=str(tmp_path / "summary.md"))

    answer = validate.python_func(
        validation={"gates": [{"metric": "roc_auc", "bound": 0.5}]},
        evaluation=Artifact(uri=str(tmp_path / "report.json")),
        model=Model(uri=str(tmp_path / "nothing")),
        verdict=verdict,
        smoke=smoke,
        summary=summary,
    )

    assert answer is False
    reasons = Verdict.read(verdict.path).reasons
    assert "it must be 0.5 or more" in reasons[0]
    assert "is not a model" in reasons[1]
    assert "is not a model" in SmokeReport.read(smoke.path).problem
    assert all(reason in Path(summary.path).read_text() for reason in reasons)
