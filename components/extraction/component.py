"""Step 1: extraction."""

from kfp.dsl import Artifact, Output, OutputPath

from components.step import step


@step
def extract(
    table: dict,
    schema: dict,
    extraction: dict,
    as_of: str,
    report: Output[Artifact],
    views: OutputPath(list),
    environment: str = "training",
) -> str:
    """Read the rows of a window and keep them as an immutable snapshot.

    Args:
        table: The use case's `table` section: what the columns mean.
        schema: What the rows must look like: columns and types.
        extraction: The use case's `extraction` section: where the rows are, and the window.
        as_of: The instant that the run pretends it is, in ISO 8601; `now` for the present.
        environment: What the rows are for: `training`, or `serving`, where their outcome is not known yet.

    Returns:
        report: What was read and what was left out.
        views: The feature views that were looked up, as a model needs them to do the same when it serves.
        Output: Address of the snapshot; its last part is the digest of the rows.
    """
    import json
    from pathlib import Path

    from components.clock import settled
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Extraction, Table
    from components.extraction.extract import extract
    from components.extraction.window import parse_instant
    from components.settings import Settings
    from components.stores.features import Features

    settings, wanted = Settings(), Extraction.model_validate(extraction)
    features = Features(settings)
    told = extract(
        Table.model_validate(table),
        TableSchema.model_validate(schema),
        wanted,
        parse_instant(settled(as_of)),
        settings.data,
        settings.store_uri(),
        environment,
        features,
    )

    keyed = [view.model_dump(mode="json", exclude_none=True) for view in features.keyed(wanted.features)]
    Path(views).write_text(json.dumps(keyed))
    told.write(report.path)
    return told.snapshot
