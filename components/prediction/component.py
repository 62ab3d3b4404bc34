"""Beside the training steps: prediction in batches."""

from kfp.dsl import Artifact, Output

from components.step import step


@step
def predict(
    snapshot: str,
    run: str,
    name: str,
    version: str,
    as_of: str,
    table: dict,
    schema: dict,
    report: Output[Artifact],
) -> str:
    """Score the rows of a snapshot with the champion, or with a version that was asked for.

    Args:
        snapshot: Address of the rows.
        run: The pipeline run.
        name: The use case.
        version: Number of the model's version in the registry; empty for the champion.
        as_of: The instant that the run pretends it is, in ISO 8601.
        table: The use case's `table` section: what the columns mean.
        schema: What the rows must look like: columns and types.

    Returns:
        report: How many rows, which model, and what it predicted.
        Output: Address of the Parquet file of predictions.
    """
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Table
    from components.extraction.window import parse_instant
    from components.prediction.chosen import chosen
    from components.prediction.rows import Origin
    from components.prediction.scoring import score, scores_address
    from components.settings import Settings
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    settings = Settings()
    model = chosen(Registry(Runs(settings), name), version)
    told = score(
        snapshot,
        model.address,
        Origin(name, model.number, model.digest, parse_instant(as_of)),
        Table.model_validate(table),
        TableSchema.model_validate(schema),
        scores_address(settings.store_uri(), name, settings.run or run),
    )

    told.write(report.path)
    return told.predictions
