"""Step 8: monitoring."""

from typing import NamedTuple

from kfp.dsl import Artifact, Dataset, Input, Output

from components.step import step


@step
def collect(
    name: str,
    as_of: str,
    table: dict,
    schema: dict,
    extraction: dict,
    monitoring: dict,
    served: Output[Dataset],
    reference: Output[Dataset],
    report: Output[Artifact],
) -> NamedTuple("Judged", champion=str, predecessor=str):
    """Join what was served in a window with what came of it.

    Args:
        name: The use case.
        as_of: The end of the window, in ISO 8601; `now` for the present.
        table: The use case's `table` section.
        schema: What the columns must look like.
        extraction: The use case's `extraction` section; the truth is there when it is nowhere else.
        monitoring: The use case's `monitoring` section.

    Returns:
        served: The champion's predictions, each with its label where it came.
        reference: The rows of the champion's snapshot in the same form.
        report: Counts: coverage and lateness of labels, repetitions, age of the model.
        champion: Address of the model that serves.
        predecessor: Address of the model that served before; empty when there was none.
    """
    from pathlib import Path

    from components.clock import settled
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Extraction, Table
    from components.contracts.watching import Monitoring
    from components.extraction.window import parse_instant
    from components.monitoring.collect import Span
    from components.monitoring.gather import Places, gather
    from components.recording.serving import serving
    from components.settings import Settings
    from components.stores.features import Features
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    settings = Settings()
    standing = serving(Registry(Runs(settings), name))
    watched = Monitoring.model_validate(monitoring)
    gather(
        name,
        standing.champion(),
        Span.at(parse_instant(settled(as_of)), watched),
        Table.model_validate(table),
        TableSchema.model_validate(schema),
        Extraction.model_validate(extraction),
        watched,
        Places(settings.predictions_uri(), settings.data, settings.store_uri()),
        Path(served.path),
        Path(reference.path),
        Features(settings),
    ).write(report.path)
    return (standing.address, standing.predecessor)


@step
def drift(
    champion: str,
    schema: dict,
    evaluation: dict,
    monitoring: dict,
    served: Input[Dataset],
    reference: Input[Dataset],
    collection: Input[Artifact],
    report: Output[Artifact],
):
    """Measure how far the served rows moved from those the champion learned from, and whether they are whole.

    Args:
        champion: Address of the model that serves.
        schema: Its limits say how far a column may move.
        evaluation: The use case's `evaluation` section; its slices are looked at apart.
        monitoring: The use case's `monitoring` section.
        served: The champion's predictions.
        reference: The rows of its snapshot.
        collection: What was collected.

    Returns:
        report: Effect sizes of every input and of the prediction, drifted segments, and what is wrong with the rows.
    """
    from components.contracts.monitoring import CollectionReport
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Evaluation
    from components.contracts.watching import Monitoring
    from components.monitoring.movement import moved
    from components.stores.databases import engine
    from components.stores.models import read_manifest

    backend = engine()
    moved(
        backend.read_parquet(served.path),
        backend.read_parquet(reference.path),
        read_manifest(champion),
        TableSchema.model_validate(schema),
        Evaluation.model_validate(evaluation).slices,
        Monitoring.model_validate(monitoring),
        CollectionReport.read(collection.path),
    ).write(report.path)


@step
def performance(
    champion: str,
    predecessor: str,
    metric: str,
    table: dict,
    schema: dict,
    extraction: dict,
    preparation: dict,
    training: dict,
    evaluation: dict,
    monitoring: dict,
    served: Input[Dataset],
    reference: Input[Dataset],
    collection: Input[Artifact],
    report: Output[Artifact],
):
    """Measure how good the champion was, and whether a model trained when the window began would have been better.

    Args:
        champion: Address of the model that serves.
        predecessor: Address of the model that served before; empty when there was none.
        metric: The metric that decides.
        table: The use case's `table` section.
        schema: What the columns must look like.
        extraction: Where the shadow's rows are.
        preparation: The features.
        training: The baseline and the seed.
        evaluation: Metrics, slices and intervals.
        monitoring: The use case's `monitoring` section.
        served: The champion's predictions with their labels.
        reference: The rows of its snapshot.
        collection: What was collected.

    Returns:
        report: Quality with intervals, what is expected without labels, and the gain of a fresh model.
    """
    from time import perf_counter

    from joblib import cpu_count

    from components.contracts.monitoring import CollectionReport
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Evaluation, Extraction, Preparation, Table, Training
    from components.contracts.watching import Monitoring
    from components.monitoring.assessment import Sections, assess
    from components.monitoring.history import known_before
    from components.settings import Settings
    from components.stores.databases import engine
    from components.stores.features import Features
    from components.stores.past import read_past_model

    settings, backend, model = Settings(), engine(), read_past_model(champion)
    sections = Sections(
        Table.model_validate(table),
        TableSchema.model_validate(schema),
        Preparation.model_validate(preparation),
        Training.model_validate(training),
        Evaluation.model_validate(evaluation),
        Monitoring.model_validate(monitoring),
    )
    history = known_before(
        CollectionReport.read(collection.path).start,
        model.manifest.trained_until,
        sections.table,
        sections.schema,
        Extraction.model_validate(extraction),
        sections.monitoring,
        settings.data,
        settings.store_uri(),
        Features(settings),
    )
    assess(
        backend.read_parquet(served.path),
        backend.read_parquet(reference.path),
        history,
        model,
        read_past_model(predecessor) if predecessor else None,
        sections,
        metric,
        perf_counter,
        cpu_count(),
    ).write(report.path)
