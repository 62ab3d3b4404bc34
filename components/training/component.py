"""Step 4: training."""

from kfp.dsl import Artifact, Dataset, Input, Model, Output

from components.step import step


@step
def train(
    snapshot: str,
    table: dict,
    schema: dict,
    preparation: dict,
    training: dict,
    views: list,
    training_rows: Input[Dataset],
    validation_rows: Input[Dataset],
    model: Output[Model],
    baseline: Output[Model],
    report: Output[Artifact],
) -> None:
    """Search the hyperparameters, choose the threshold, and fit the model and a simple baseline.

    Args:
        snapshot: Address of the rows, whose digest the model keeps.
        table: The use case's `table` section: what the columns mean.
        schema: What the rows must look like.
        preparation: The use case's `preparation` section.
        training: The use case's `training` section.
        views: The feature views that were looked up; the model takes them along.
        training_rows: Rows to search and fit on.
        validation_rows: Rows to choose the threshold on; then fitted on, too.

    Returns:
        model: The candidate, a folder whose manifest tells what is in it.
        baseline: The simple model beside it.
        report: What was tried, how long it took, and how much memory.
    """
    from pathlib import Path
    from resource import RUSAGE_SELF, getrusage

    from joblib import cpu_count
    from pyarrow.parquet import ParquetFile

    from components.contracts.features import KeyedView
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Preparation, Table, Training
    from components.stores.models import write_model
    from components.training.trainer import train

    trained = train(
        ParquetFile(training_rows.path).read(),
        ParquetFile(validation_rows.path).read(),
        Table.model_validate(table),
        TableSchema.model_validate(schema),
        Preparation.model_validate(preparation),
        Training.model_validate(training),
        snapshot=Path(snapshot).name,
        jobs=cpu_count(),
        views=[KeyedView.model_validate(view) for view in views],
    )

    model_digest = write_model(trained.model, Path(model.path))
    baseline_digest = write_model(trained.baseline, Path(baseline.path))
    peak_memory_mb = getrusage(RUSAGE_SELF).ru_maxrss / 1000
    trained.report(model_digest, baseline_digest, peak_memory_mb).write(report.path)
