"""Continuous training: from raw rows to a served champion, or to a stated reason why not."""

from kfp import dsl

from components.analysis.component import analyze
from components.evaluation.component import evaluate
from components.extraction.component import extract
from components.preparation.component import prepare
from components.recording.component import record, register, resolve
from components.serving.component import serve
from components.training.component import train
from components.validation.component import validate


@dsl.pipeline(name="training", description=__doc__)
def training(
    name: str,
    as_of: str,
    table: dict,
    schema: dict,
    extraction: dict,
    analysis: dict,
    preparation: dict,
    training: dict,
    evaluation: dict,
    validation: dict,
    serving: dict,
    cause: str = "manual",
    code: str = "",
):
    """Train a candidate on the rows up to an instant, and let it serve if it deserves to.

    Args:
        name: The use case.
        as_of: The instant that the run pretends it is, in ISO 8601.
        table: What the columns mean.
        schema: What the columns must look like.
        extraction: Where the rows are, and which of them to read.
        analysis: How closely the rows are described.
        preparation: Features and split.
        training: Algorithms, search and seed.
        evaluation: Metrics, intervals and slices.
        validation: The gates.
        serving: How the champion serves.
        cause: Why the run was started: manual, schedule, new-data, drift or performance.
        code: Version of the code that starts the run.
    """
    header = {
        "run": dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        "name": name,
        "cause": cause,
        "as_of": as_of,
        "code": code,
        "table": table,
        "schema": schema,
        "extraction": extraction,
        "analysis": analysis,
        "preparation": preparation,
        "training": training,
        "evaluation": evaluation,
        "validation": validation,
    }
    recorded = record(**header).set_caching_options(False)

    with dsl.ExitHandler(recorded, name="steps"):
        # Never cached: only reading the source again can tell whether its rows changed.
        extracted = extract(table=table, schema=schema, extraction=extraction, as_of=as_of)
        extracted.set_caching_options(False)
        snapshot, views = extracted.outputs["Output"], extracted.outputs["views"]

        # Never cached: the champion may have changed.
        resolved = resolve(**header, snapshot=snapshot, views=views).set_caching_options(False)

        analyzed = analyze(
            snapshot=snapshot,
            table=table,
            schema=schema,
            analysis=analysis,
            reference=resolved.outputs["reference"],
        )
        prepared = prepare(snapshot=snapshot, table=table, schema=schema, preparation=preparation)
        prepared.after(analyzed)
        trained = train(
            snapshot=snapshot,
            table=table,
            schema=schema,
            preparation=preparation,
            training=training,
            views=views,
            training_rows=prepared.outputs["train"],
            validation_rows=prepared.outputs["validation"],
        )
        evaluated = evaluate(
            champion=resolved.outputs["champion"],
            table=table,
            preparation=preparation,
            evaluation=evaluation,
            test=prepared.outputs["test"],
            model=trained.outputs["model"],
            baseline=trained.outputs["baseline"],
        )
        validated = validate(
            validation=validation, evaluation=evaluated.outputs["report"], model=trained.outputs["model"]
        )

        registered = register(
            run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            name=name,
            standing=resolved.outputs["standing"],
            lineage=resolved.outputs["lineage"],
            extraction=extracted.outputs["report"],
            statistics=analyzed.outputs["statistics"],
            analysis=analyzed.outputs["report"],
            analysis_page=analyzed.outputs["page"],
            preparation=prepared.outputs["report"],
            training=trained.outputs["report"],
            model=trained.outputs["model"],
            evaluation=evaluated.outputs["report"],
            evaluation_page=evaluated.outputs["page"],
            smoke=validated.outputs["smoke"],
            verdict=validated.outputs["verdict"],
        ).set_caching_options(False)

        with dsl.If(registered.outputs["Output"] == True, name="champion"):  # noqa: E712 - KFP's own way to write it
            # Never cached: what serves may have changed.
            serve(name=name, serving=serving).set_caching_options(False)
