"""Step 5: evaluation."""

from kfp.dsl import HTML, Artifact, ClassificationMetrics, Dataset, Input, Metrics, Model, Output

from components.step import step


@step
def evaluate(
    champion: str,
    table: dict,
    preparation: dict,
    evaluation: dict,
    test: Input[Dataset],
    model: Input[Model],
    baseline: Input[Model],
    report: Output[Artifact],
    metrics: Output[Metrics],
    classification: Output[ClassificationMetrics],
    page: Output[HTML],
) -> None:
    """Measure the candidate beside the champion and a simple baseline, on the same held-out rows.

    Args:
        champion: Address of the model that serves now; empty when there is none.
        table: The use case's `table` section.
        preparation: The use case's `preparation` section.
        evaluation: The use case's `evaluation` section.
        test: Held-out rows with label.
        model: The candidate.
        baseline: The simple model that must be beaten.

    Returns:
        report: Evaluation report: metrics with intervals, gains, slices, calibration, importance and cost.
        metrics: The candidate's metrics and gains for the dashboard.
        classification: ROC curve and confusion matrix for the dashboard; empty for regression.
        page: Page about the models, with plots.
    """
    from json import dumps
    from pathlib import Path
    from time import perf_counter

    from pyarrow.parquet import ParquetFile

    from components.contracts.sections import Evaluation, Preparation, Table
    from components.evaluation.contenders import meet
    from components.evaluation.dashboard import log_classification, plain_numbers
    from components.evaluation.page import render
    from components.evaluation.report import assess

    rows = ParquetFile(test.path).read()
    specs = (
        Table.model_validate(table),
        Preparation.model_validate(preparation),
        Evaluation.model_validate(evaluation),
    )
    found = assess(rows, meet(Path(model.path), Path(baseline.path), champion, rows), *specs, perf_counter)

    found.report.write(report.path)
    metrics.metadata.update(plain_numbers(found.report))
    log_classification(classification, found.predictions["candidate"], found.classes)
    # KFP's local cache takes an output without a file for lost, and would measure again in every run.
    Path(metrics.path).write_text(dumps(metrics.metadata))
    Path(classification.path).write_text(dumps(classification.metadata))
    Path(page.path).write_text(render(found), encoding="utf-8")
