"""The commands around what serves: `serve up|down|status`, `rollback`, `predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from components.contracts.errors import DataError, RolloutError
from components.settings import Settings
from pipelines import library

if TYPE_CHECKING:
    from components.serving.rollout import Rollout
    from components.stores.deployments import Deployments
    from components.stores.registry import Registry

Name = Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")]

Some = Annotated[str | None, typer.Argument(help="A use case; all that serve here, or did, when absent.")]

console = Console(file=sys.stdout)
errors = Console(file=sys.stderr)
serving = typer.Typer(no_args_is_help=True, help="What serves on this machine: up, down, status.")


def register(app: typer.Typer) -> None:
    """Add the commands to `evergreen`."""
    app.add_typer(serving, name="serve")
    for command in (rollback, predict):
        app.command()(command)


@serving.command()
def up(use_case: Name) -> None:
    """Serve the champion; what serves it already is left as it is."""
    from components.serving.serve import serve
    from pipelines.deployments import ask_line

    name = library.load(use_case).case.name
    with console.status(f"Serving {name}"):
        deployment = serve(*_places(name))
    release = deployment.release
    console.print(
        f"version {release.version} of {name} serves at {deployment.endpoint}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(ask_line(deployment), highlight=False, soft_wrap=True, markup=False)


@serving.command()
def down(use_case: Some = None) -> None:
    """Serve nothing, once what was accepted is answered."""
    rollout = _rollout()
    for name in _named(use_case, rollout):
        ran = rollout.stop(name)
        console.print(f"{name} is down." if ran else f"{name} was not up.", highlight=False)


@serving.command()
def status(use_case: Some = None) -> None:
    """Say what serves, where and since when, or why nothing does; exit code 1 when something was to serve and does not."""
    from pipelines.deployments import status_line

    rollout = _rollout()
    found = {name: rollout.status(name) for name in _named(use_case, rollout)}
    for name, one in found.items():
        console.print(status_line(name, one), highlight=False, soft_wrap=True)
    if not found:
        console.print("Nothing serves here, and nothing did.", highlight=False)
    if any(one.is_broken for one in found.values()):
        sys.exit(1)


def rollback(
    use_case: Name,
    to: Annotated[str, typer.Option(help="The version; the one that served before when absent.")] = "",
) -> None:
    """Serve the version before, and make it champion again; the next run compares with it."""
    from components.serving.serve import roll_back

    name = library.load(use_case).case.name
    with console.status(f"Rolling {name} back"):
        deployment = roll_back(*_places(name), number=to)
    console.print(
        f"version {deployment.release.version} of {name} is champion and serves at {deployment.endpoint}",
        highlight=False,
    )


def predict(
    use_case: Name,
    rows: Annotated[str, typer.Option(help="CSV, Parquet or JSON lines; - for standard input.")],
    to: Annotated[
        Path | None, typer.Option(help="A .csv, .parquet or .jsonl file; printed when absent.")
    ] = None,
) -> None:
    """Ask what serves for the predictions of rows; a row that is refused is named, and the others are answered."""
    from components.serving.endpoint import Endpoint
    from components.stores.folders import read_manifest
    from pipelines import asking
    from pipelines import rows as reading

    name = library.load(use_case).case.name
    deployment = _rollout().current(name)
    if deployment is None:
        raise RolloutError(f"nothing serves {name}; `evergreen serve up {name}` does")
    asked = reading.read_rows(rows, reading.columns(read_manifest(deployment.release.address)))
    with Endpoint(deployment.endpoint, name) as endpoint:
        told = list(asking.ask(endpoint, asked))
    asking.write(told, to)
    refused = [one for one in told if one.prediction is None]
    for one in refused:
        errors.print(f"row {one.row}: {one.error}", highlight=False, markup=False, soft_wrap=True)
    if refused:
        raise DataError(f"{len(refused)} of {len(told)} rows were refused")


def _named(use_case: str | None, rollout: Rollout) -> tuple[str, ...]:
    return (library.load(use_case).case.name,) if use_case else rollout.use_cases()


def _rollout() -> Rollout:
    from components.serving.adapters import rollout

    found = rollout(Settings())
    if found is None:
        raise RolloutError("nothing serves here: EVERGREEN_SERVING is none")
    return found


def _places(use_case: str) -> tuple[Rollout, Registry, Deployments]:
    from components.stores.deployments import Deployments
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    runs = Runs(Settings())
    return _rollout(), Registry(runs, use_case), Deployments(runs, use_case)
