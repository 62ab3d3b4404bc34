from pathlib import Path

import pytest
from kfp.dsl import Artifact, Markdown

from components.contracts.reports import Cost, Estimate, EvaluationReport, Verdict
from components.validation.component import validate


@pytest.mark.parametrize(("value", "passes"), [(0.7, True), (0.4, False)])
def test_the_step_answers_and_gives_its_reasons(tmp_path, value, passes):
    found = {"roc_auc": Estimate(value=value, low=value, high=value)}
    report = EvaluationReport(
        rows=10,
        blocks=10,
        candidate=found,
        baseline=found,
        over_baseline=found,
        cost=Cost(size_mb=1, latency_ms=1, latency_p99_ms=1),
    )
    report.write(tmp_path / "report.json")
    verdict, summary = (
        Artifact(uri=str(tmp_path / "verdict.json")),
        Markdown(uri=str(tmp_path / "summary.md")),
    )

    answer = validate.python_func(
        validation={"gates": [{"metric": "roc_auc", "bound": 0.5}]},
        evaluation=Artifact(uri=str(tmp_path / "report.json")),
        verdict=verdict,
        summary=summary,
    )

    assert answer is passes
    assert Verdict.read(verdict.path).passed is passes
    assert ("it must be 0.5 or more" in Path(summary.path).read_text()) is not passes
