"""Step 6: validation."""

from kfp.dsl import Artifact, Input, Markdown, Model, Output

from components.step import step


@step
def validate(
    validation: dict,
    evaluation: Input[Artifact],
    model: Input[Model],
    verdict: Output[Artifact],
    smoke: Output[Artifact],
    summary: Output[Markdown],
) -> bool:
    """Decide whether the model that was just trained may serve.

    Args:
        validation: The use case's `validation` section.
        evaluation: Evaluation report of candidate, baseline and champion on the same rows.
        model: The candidate, which is tried in the real predictor.

    Returns:
        verdict: Verdict report, with every reason against.
        smoke: How the candidate answered in the predictor.
        summary: The verdict for the dashboard.
        Output: True when every gate passed.
    """
    from pathlib import Path

    from components.contracts.reports import EvaluationReport
    from components.contracts.sections import Validation
    from components.serving.trial import tried
    from components.validation.gates import judge

    trial = tried(Path(model.path))
    ruling = judge(Validation.model_validate(validation), EvaluationReport.read(evaluation.path), trial)

    trial.write(smoke.path)
    ruling.write(verdict.path)
    Path(summary.path).write_text(ruling.to_markdown(), encoding="utf-8")
    return ruling.passed
