"""The commands for a cluster: images, submit, schedule."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.contracts.errors import StoreError
from components.settings import Settings
from pipelines import library

console = Console(file=sys.stdout)

Name = Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; may be given more than once.")
]
Environment = Annotated[
    str,
    typer.Option(
        "--env", envvar="EVERGREEN_ENV", help="An overlay of manifests/overlays, or the path of a steps.yaml."
    ),
]
Build = Annotated[Path, typer.Option(help="Where compiled pipelines go.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `evergreen`."""
    for command in (images, submit, schedule):
        app.command()(command)


def images(
    registry: Annotated[
        str, typer.Option(help="Push there, and write the digests to build/images.json.")
    ] = "",
    load: Annotated[str, typer.Option(help="Copy them to a cluster of this machine: kind or minikube.")] = "",
    names_only: Annotated[
        bool, typer.Option("--names", help="Only print NAME=IMAGE, and build nothing.")
    ] = False,
    bom: Annotated[bool, typer.Option(help="Write build/images/NAME.cdx.json, what each holds.")] = True,
) -> None:
    """Build the images of the steps and the predictor, unless there are some of the same content."""
    from pipelines import images as building
    from pipelines.start import code_version

    if names_only:
        for target in building.TARGETS:
            sys.stdout.write(f"{target}={building.name_of(target)}\n")
        return
    revision, source = code_version(), building.source_address()
    names = {target: building.build(target, revision, source) for target in building.TARGETS}
    for target, name in names.items():
        console.print(f"{name}  {building.size_mb(name):,.0f} MB", highlight=False)
        if bom:
            console.print(
                f"  holds {building.bill_of_materials(target, Path('build') / 'images')}", highlight=False
            )
    if registry:
        pushed = {target: building.push(name, registry) for target, name in names.items()}
        console.print(f"wrote {building.record(pushed)}", highlight=False)
    if load:
        building.load(list(names.values()), load)


def submit(
    use_case: Name,
    as_of: Annotated[str | None, typer.Option(help="The instant to pretend it is, as in 2013-03-01.")] = None,
    changes: Changes = None,
    cause: Annotated[str, typer.Option(help="manual, schedule, new-data, drift or performance.")] = "manual",
    environment: Environment = "kind",
    follow: Annotated[bool, typer.Option(help="Wait for the end, and show how it goes on.")] = True,
    build: Build = Path("build"),
) -> None:
    """Train on a cluster: the compiled pipeline, its images pinned, by Kubeflow Pipelines."""
    from components.catalog import STEPS
    from components.stores.kubeflow import Kubeflow
    from components.stores.kubeflow_words import KubeflowSettings
    from pipelines import start, submit
    from pipelines.progress import shown

    settings, kubeflow = Settings(), KubeflowSettings()
    entry = library.load(use_case, changes or ())
    api = Kubeflow(kubeflow)
    moment = start.instant(entry.case, as_of, settings, datetime.now(UTC))
    submission = submit.submit(api, entry, moment, cause, environment, build)
    console.print(
        f"Training [bold]{entry.case.name}[/bold] as of {moment:%Y-%m-%d %H:%M} UTC: run {submission.run} of "
        f"{submission.version.name}\n{kubeflow.page(submission.run)}",
        highlight=False,
    )
    if not follow:
        return
    with shown(console, [step.name for step in STEPS]) as listen:
        ended = submit.follow(api, submission.run, listen)
    if ended.state != "SUCCEEDED":
        reason = submit.why(submission.run, kubeflow.pods_in(), settings)
        raise StoreError(f"run {submission.run} ended as {ended.state}: {reason}")
    console.print(f"Succeeded. Its verdict: evergreen show {submission.run}", highlight=False)


def schedule(
    use_case: Name,
    environment: Environment = "kind",
    build: Build = Path("build"),
) -> None:
    """Make the recurring runs on the cluster what `schedule` and `materialization` say; without one, say what they would be."""
    from components.clock import NOW
    from components.stores.kubeflow import Kubeflow
    from components.stores.kubeflow_words import KubeflowSettings
    from pipelines import schedule, submit

    entry, kubeflow = library.load(use_case), KubeflowSettings()
    case, given = entry.case, entry.arguments()
    if not kubeflow.endpoint:
        what = f"train {case.name} at {case.schedule.cron} (UTC)" if case.schedule else ""
        what = what or f"not train {case.name} by the clock"
        if case.materialization:
            what += f", and bring its features online at {case.materialization.cron} (UTC)"
        console.print(f"EVERGREEN_KFP_ENDPOINT is not set. On a cluster this would {what}.", highlight=False)
        return
    api = Kubeflow(kubeflow)
    recurring = {"training": (case.name, case.schedule, {**given, "cause": "schedule"})}
    if case.extraction.features:
        features = {"extraction": given["extraction"]}
        recurring["materialization"] = (f"{case.name}-features", case.materialization, features)
    changes: list[schedule.Change] = []
    for pipeline, (name, wanted, arguments) in recurring.items():
        version = submit.published(api, pipeline, submit.compiled(pipeline, environment, build))
        told = {**arguments, "as_of": NOW} | ({"code": version.name} if pipeline == "training" else {})
        changes += schedule.reconcile(api, name, wanted, version, told)
    for change in changes:
        console.print(f"{change.action}d {change.name}", highlight=False)
    if not changes:
        console.print(f"The recurring runs of {case.name} are as it says.", highlight=False)
