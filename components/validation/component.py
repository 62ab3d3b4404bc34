"""Step 6: validation."""

from kfp.dsl import Artifact, Input, Markdown, Output

from components.step import step


@step
def validate(
    validation: dict,
    evaluation: Input[Artifact],
    verdict: Output[Artifact],
    summary: Output[Markdown],
) -> bool:
    """Decide whether the model that was just trained may serve.

    Args:
        validation: The use case's `validation` section.
        evaluation: Evaluation report of candidate, baseline and champion on the same rows.

    Returns:
        verdict: Verdict report, with every reason against.
        summary: The verdict for the dashboard.
        Output: True when every gate passed.
    """
    from pathlib import Path

    from components.contracts.reports import EvaluationReport
    from components.contracts.sections import Validation
    from components.validation.gates import judge

    ruling = judge(Validation.model_validate(validation), EvaluationReport.read(evaluation.path))

    ruling.write(verdict.path)
    Path(summary.path).write_text(ruling.to_markdown(), encoding="utf-8")
    return ruling.passed
