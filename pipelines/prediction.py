"""Prediction in batches: the rows of a window, scored by the champion to Parquet."""

from kfp import dsl

from components.extraction.component import extract
from components.prediction.component import predict


@dsl.pipeline(name="prediction", description=__doc__)
def prediction(
    name: str,
    as_of: str,
    until: str,
    table: dict,
    schema: dict,
    extraction: dict,
    version: str = "",
):
    """Score the rows of a window, whose outcome need not be known, with the model code that serves.

    Args:
        name: The use case.
        as_of: The instant that the run pretends it is, in ISO 8601.
        until: Where the window ends, in ISO 8601; after `as_of` for rows that are still to happen.
        table: What the columns mean.
        schema: What the columns must look like.
        extraction: Where the rows are, and which of them to read.
        version: Number of the model's version in the registry; empty for the champion.
    """
    # Never cached: only reading the source again can tell whether its rows changed.
    extracted = extract(table=table, schema=schema, extraction=extraction, as_of=until, environment="serving")
    extracted.set_caching_options(False)

    # Never cached: the champion may have changed.
    predict(
        snapshot=extracted.outputs["Output"],
        run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        name=name,
        version=version,
        as_of=as_of,
        table=table,
        schema=schema,
    ).set_caching_options(False)
