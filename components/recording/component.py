"""The metadata store's steps: what stood before the run, what it produced, and how it ended."""

from typing import NamedTuple

from kfp.dsl import HTML, Artifact, Input, Model, PipelineTaskFinalStatus

from components.step import step


@step
def resolve(
    run: str,
    name: str,
    cause: str,
    as_of: str,
    code: str,
    snapshot: str,
    views: list,
    table: dict,
    schema: dict,
    extraction: dict,
    analysis: dict,
    preparation: dict,
    training: dict,
    evaluation: dict,
    validation: dict,
) -> NamedTuple("Standing", champion=str, standing=str, reference=str, lineage=str):
    """Open the run in the metadata store, and look up the champion and the statistics to compare with.

    Args:
        run: The pipeline run.
        name: The use case.
        cause: Why the run was started.
        as_of: The instant that the run pretends it is.
        code: Version of the code that started the run.
        snapshot: Address of the run's snapshot.
        views: The feature views that were looked up.
        table: The use case's `table` section.
        schema: The schema of the table.
        extraction: The use case's `extraction` section.
        analysis: The use case's `analysis` section.
        preparation: The use case's `preparation` section.
        training: The use case's `training` section.
        evaluation: The use case's `evaluation` section.
        validation: The use case's `validation` section.

    Returns:
        champion: Address of the model to compare with; empty on the first run.
        standing: Number of the version that is champion now; empty on the first run.
        reference: Address of the previous snapshot's statistics; empty on the first run.
        lineage: Digest of all that decides the model.
    """
    from components.clock import settled
    from components.recording.header import header
    from components.recording.lineage import model_lineage
    from components.recording.standing import standing
    from components.recording.triggered import triggered
    from components.settings import Settings
    from components.stores.decisions import offered
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    making = {"table": table, "schema": schema, "preparation": preparation, "training": training}
    judging = {
        "extraction": extraction,
        "analysis": analysis,
        "evaluation": evaluation,
        "validation": validation,
    }
    settings = Settings()
    runs = Runs(settings)
    opening = header(settings.run or run, name, cause, settled(as_of), code, config=making | judging)
    runs.open(opening)
    triggered(opening, offered(settings))
    lineage = model_lineage(snapshot, making | {"views": views})
    found = standing(runs, Registry(runs, name), name, snapshot.rpartition("/")[2], lineage)
    return (*found, lineage)


@step
def register(
    run: str,
    name: str,
    standing: str,
    lineage: str,
    extraction: Input[Artifact],
    statistics: Input[Artifact],
    analysis: Input[Artifact],
    analysis_page: Input[HTML],
    preparation: Input[Artifact],
    training: Input[Artifact],
    model: Input[Model],
    evaluation: Input[Artifact],
    evaluation_page: Input[HTML],
    smoke: Input[Artifact],
    verdict: Input[Artifact],
) -> bool:
    """Record what the run produced and, when the verdict allows it, make its model the champion.

    Args:
        run: The pipeline run.
        name: The use case.
        standing: Number of the version that was champion when the run compared; empty when there was none.
        lineage: Digest of all that decides the model.
        extraction: Extraction report.
        statistics: Statistics of the snapshot.
        analysis: Anomalies and drift.
        analysis_page: Page about the snapshot.
        preparation: Preparation report.
        training: Training report.
        model: The candidate.
        evaluation: Evaluation report.
        evaluation_page: Page about the models.
        smoke: How the candidate answered in the real predictor.
        verdict: Verdict report.

    Returns:
        Output: True when the model's version is the champion now.
    """
    from components.recording.register import Results, register
    from components.settings import Settings
    from components.stores.registry import Registry
    from components.stores.runs import Runs
    from components.stores.signatures import Signer

    reports = {
        "extraction": extraction.path,
        "statistics": statistics.path,
        "analysis": analysis.path,
        "preparation": preparation.path,
        "training": training.path,
        "evaluation": evaluation.path,
        "smoke": smoke.path,
        "verdict": verdict.path,
    }
    pages = {"analysis": analysis_page.path, "evaluation": evaluation_page.path}
    settings = Settings()
    runs = Runs(settings)
    results = Results.read(reports, pages, model.path)
    registry = Registry(runs, name)
    where, signer = settings.store_uri(), Signer.of(settings)
    return register(results, settings.run or run, lineage, standing, runs, registry, where, signer)


@step
def record(
    status: PipelineTaskFinalStatus,
    run: str,
    name: str,
    cause: str,
    as_of: str,
    code: str,
    table: dict,
    schema: dict,
    extraction: dict,
    analysis: dict,
    preparation: dict,
    training: dict,
    evaluation: dict,
    validation: dict,
):
    """Close the run in the metadata store: how it ended, how long each step took, and why it failed if it did.

    Args:
        status: How the steps ended.
        run: The pipeline run.
        name: The use case.
        cause: Why the run was started.
        as_of: The instant that the run pretends it is.
        code: Version of the code that started the run.
        table: The use case's `table` section.
        schema: The schema of the table.
        extraction: The use case's `extraction` section.
        analysis: The use case's `analysis` section.
        preparation: The use case's `preparation` section.
        training: The use case's `training` section.
        evaluation: The use case's `evaluation` section.
        validation: The use case's `validation` section.
    """
    from components.clock import settled
    from components.recording.close import close
    from components.recording.header import header
    from components.settings import Settings
    from components.stores.runs import Runs

    making = {"table": table, "schema": schema, "preparation": preparation, "training": training}
    judging = {
        "extraction": extraction,
        "analysis": analysis,
        "evaluation": evaluation,
        "validation": validation,
    }
    settings = Settings()
    opening = header(settings.run or run, name, cause, settled(as_of), code, config=making | judging)
    close(opening, status.state == "FAILED", Runs(settings), settings.store_uri())
