"""The closing of the loop: from what was served to the decision whether to train again."""

from kfp import dsl

from components.monitoring.component import collect, drift, performance
from components.triggering.component import decide, trigger


@dsl.pipeline(name="monitoring", description=__doc__)
def monitoring(
    name: str,
    as_of: str,
    metric: str,
    table: dict,
    schema: dict,
    extraction: dict,
    preparation: dict,
    training: dict,
    evaluation: dict,
    monitoring: dict,
    triggering: dict,
):
    """Judge what the champion served in the window that ends at an instant, and train again if that is worth it.

    Args:
        name: The use case.
        as_of: The end of the window, in ISO 8601.
        metric: The metric that decides.
        table: What the columns mean.
        schema: What the columns must look like.
        extraction: Where training reads its rows.
        preparation: The features.
        training: The baseline and the seed of the shadow.
        evaluation: Metrics, intervals and slices.
        monitoring: The window, the truth and the limits.
        triggering: When to train again.
    """
    # Never cached: rows, labels, champion and decisions change without their addresses.
    collected = collect(
        name=name, as_of=as_of, table=table, schema=schema, extraction=extraction, monitoring=monitoring
    )
    collected.set_caching_options(False)
    served, reference = collected.outputs["served"], collected.outputs["reference"]

    moved = drift(
        champion=collected.outputs["champion"],
        schema=schema,
        evaluation=evaluation,
        monitoring=monitoring,
        served=served,
        reference=reference,
        collection=collected.outputs["report"],
    )
    judged = performance(
        champion=collected.outputs["champion"],
        predecessor=collected.outputs["predecessor"],
        metric=metric,
        table=table,
        schema=schema,
        extraction=extraction,
        preparation=preparation,
        training=training,
        evaluation=evaluation,
        monitoring=monitoring,
        served=served,
        reference=reference,
        collection=collected.outputs["report"],
    )
    decided = decide(
        name=name,
        monitoring=monitoring,
        triggering=triggering,
        collection=collected.outputs["report"],
        drift=moved.outputs["report"],
        performance=judged.outputs["report"],
    )
    decided.set_caching_options(False)
    trigger(name=name, triggering=triggering, findings=decided.outputs["Output"]).set_caching_options(False)
