"""Step 3: preparation."""

from kfp.dsl import Artifact, Dataset, Output

from components.step import step


@step
def prepare(
    snapshot: str,
    table: dict,
    schema: dict,
    preparation: dict,
    train: Output[Dataset],
    validation: Output[Dataset],
    test: Output[Dataset],
    report: Output[Artifact],
) -> None:
    """Hold rows out for validation and test, and see that nothing leaks from them.

    Args:
        snapshot: Address of the rows.
        table: The use case's `table` section: what the columns mean.
        schema: What the rows must look like.
        preparation: The use case's `preparation` section.

    Returns:
        train: Rows to fit on.
        validation: Rows to choose the threshold on.
        test: Rows that no model has seen.
        report: How the rows were split, and how well each feature alone ranks the label.
    """
    import pyarrow.parquet as pq

    from components.contracts.schema import TableSchema
    from components.contracts.sections import Preparation, Table
    from components.preparation.prepared import prepare
    from components.stores.snapshots import read

    rows = read(snapshot)
    parts, told = prepare(
        rows,
        Table.model_validate(table),
        TableSchema.model_validate(schema),
        Preparation.model_validate(preparation),
    )

    pq.write_table(rows.take(parts.train), train.path)
    pq.write_table(rows.take(parts.validation), validation.path)
    pq.write_table(rows.take(parts.test), test.path)
    told.write(report.path)
