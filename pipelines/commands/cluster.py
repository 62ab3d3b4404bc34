"""The commands for a cluster: images, submit, schedule."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.contracts.errors import StoreError
from components.contracts.schedule import Schedule
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
    load: Annotated[
        str, typer.Option(help="Copy them to a cluster: kind, minikube, or a command that takes their names.")
    ] = "",
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
    pipeline: Annotated[
        str, typer.Option(help="training, monitoring, materialization or prediction.")
    ] = "training",
    window: Annotated[str, typer.Option(help="How long the window is that a prediction scores.")] = "1 day",
    ahead: Annotated[
        bool, typer.Option("--ahead", help="That window begins at as_of; without this it ends there.")
    ] = False,
    version: Annotated[str, typer.Option(help="The version that predicts; the champion when absent.")] = "",
    follow: Annotated[bool, typer.Option(help="Wait for the end, and show how it goes on.")] = True,
    build: Build = Path("build"),
) -> None:
    """Run a pipeline on a cluster, training unless told otherwise: compiled, its images pinned, by Kubeflow Pipelines."""
    from components.stores.kubeflow import Kubeflow
    from components.stores.kubeflow_words import KubeflowSettings
    from pipelines import arguments, pods, preflight, submit
    from pipelines.progress import shown

    settings, kubeflow = Settings(), KubeflowSettings()
    entry = library.load(use_case, changes or ())
    api = Kubeflow(kubeflow)
    moment = arguments.instant(pipeline, entry.case, as_of, settings, datetime.now(UTC))
    given = arguments.of(pipeline, entry, moment, cause, window, ahead, version)
    preflight.check(submit.placements_of(environment), arguments.STEPS_OF[pipeline], kubeflow.pods_in())
    submission = submit.submit(api, entry, pipeline, given, environment, build)
    console.print(
        f"{pipeline.capitalize()} of [bold]{entry.case.name}[/bold] as of {moment:%Y-%m-%d %H:%M} UTC: run {submission.run} of "
        f"{submission.version.name}\n{kubeflow.page(submission.run)}",
        highlight=False,
    )
    if not follow:
        return
    with shown(console, arguments.STEPS_OF[pipeline]) as listen:
        stuck = partial(pods.stuck, submission.run, kubeflow.pods_in())
        ended = submit.follow(api, submission.run, listen, stuck=stuck)
    if ended.state != "SUCCEEDED":
        reason = submit.why(submission.run, kubeflow.pods_in(), settings)
        raise StoreError(f"run {submission.run} ended as {ended.state}: {reason}")
    told = {"training": f" Its verdict: evergreen show {submission.run}"}
    console.print(f"Succeeded.{told.get(pipeline, '')}", highlight=False)


def schedule(
    use_case: Name,
    changes: Changes = None,
    environment: Environment = "kind",
    build: Build = Path("build"),
) -> None:
    """Make the recurring runs on the cluster what the use case's `schedule` says; without a cluster, say what it would be."""
    from components.clock import NOW
    from components.stores.kubeflow import Kubeflow
    from components.stores.kubeflow_words import KubeflowSettings
    from pipelines import arguments, schedule, submit

    entry, kubeflow = library.load(use_case, changes or ()), KubeflowSettings()
    name, wanted = entry.case.name, entry.case.schedule or Schedule()
    if not kubeflow.endpoint:
        told = [f"{pipeline} at {cron} (UTC)" for pipeline, cron in wanted.clocks().items() if cron]
        what = ", ".join(told) or "nothing by the clock"
        console.print(
            f"EVERGREEN_KFP_ENDPOINT is not set. On a cluster {name} would run {what}.", highlight=False
        )
        return
    api = Kubeflow(kubeflow)
    done: list[schedule.Change] = []
    for pipeline, cron in wanted.clocks().items():
        clock = None
        if cron:
            version = submit.published(api, pipeline, submit.compiled(pipeline, environment, build))
            given = arguments.of(pipeline, entry, datetime.now(UTC), "schedule") | {"as_of": NOW}
            # A commit that changes nothing of the pipeline makes no other recurring run.
            given |= {"code": version.name} if "code" in given else {}
            clock = schedule.Clock(cron, version, given)
        done += schedule.reconcile(api, name, pipeline, clock)
    for change in done:
        console.print(f"{change.action}d {change.name}", highlight=False)
    if not done:
        console.print(f"The recurring runs of {name} are as its schedule says.", highlight=False)
