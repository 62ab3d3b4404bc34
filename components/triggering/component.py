"""Triggering: the decision, and what follows it."""

from kfp.dsl import HTML, Artifact, Input, Metrics, Output

from components.step import step


@step
def decide(
    name: str,
    monitoring: dict,
    triggering: dict,
    collection: Input[Artifact],
    drift: Input[Artifact],
    performance: Input[Artifact],
    metrics: Output[Metrics],
    prometheus: Output[Artifact],
    page: Output[HTML],
) -> str:
    """Decide for every cause whether to train, and keep each decision with its evidence.

    Args:
        name: The use case.
        monitoring: The use case's `monitoring` section.
        triggering: The use case's `triggering` section.
        collection: What was collected.
        drift: How it moved.
        performance: How good it was.

    Returns:
        metrics: The window in numbers, for the dashboard.
        prometheus: The same in Prometheus's text format.
        page: What was found and what was decided, with plots.
        Output: Address of the folder that keeps all of it.
    """
    from pathlib import Path

    from components.contracts.watching import Monitoring, Triggering
    from components.settings import Settings
    from components.stores import watch
    from components.stores.decisions import Decisions
    from components.stores.runs import Runs
    from components.triggering.door import findings, knock, numbers
    from components.triggering.keeping import files, look
    from components.triggering.page import render
    from components.triggering.prometheus import text

    settings = Settings()
    seen = findings(*look(collection.path, drift.path, performance.path, name, settings.store_uri()))
    place = watch.folder(settings.store_uri(), name, seen.collection.end)
    sections = Monitoring.model_validate(monitoring), Triggering.model_validate(triggering)
    found = knock(seen, *sections, Decisions(settings), Runs(settings).history(name), f"{place}/page.html")

    metrics.metadata.update(numbers(found))
    Path(prometheus.path).write_text(text(found), encoding="utf-8")
    Path(page.path).write_text(render(found), encoding="utf-8")
    watch.keep(settings.store_uri(), name, seen.collection.end, files(found))
    return place


@step
def trigger(name: str, triggering: dict, findings: str) -> int:
    """Start what was decided, and tell a person of what they should know.

    Args:
        name: The use case.
        triggering: The use case's `triggering` section.
        findings: Address of the folder that keeps what was found.

    Returns:
        Output: Runs that were started here. On a machine without a cluster, whoever runs the pipeline starts them.
    """
    from datetime import UTC, datetime
    from functools import partial

    from components.contracts.watching import Triggering
    from components.settings import Settings
    from components.stores.alerts import send
    from components.stores.decisions import Decisions
    from components.triggering.dispatch import tell
    from components.triggering.keeping import decided, started

    settings = Settings()
    tried = started(settings.starter, Decisions(settings), name, datetime.now(UTC))
    spec = Triggering.model_validate(triggering).alerts
    print(*tell(decided(findings, tried), spec, partial(send, settings.alerts_place())), sep="\n")
    return sum(not record.error for record in tried)
