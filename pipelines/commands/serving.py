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
    from components.contracts.serving import Serving
    from components.contracts.usecase import UseCase
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

    case = library.load(use_case).case
    before = _rollout().status(case.name).deployment
    with console.status(f"Serving {case.name}"):
        deployment = serve(*_places(case))
    _say(f"version {deployment.release.version} of {case.name} serves at {deployment.endpoint}")
    if before is not None and before.endpoint != deployment.endpoint:
        _say(f"It served at {before.endpoint} before, which is taken: tell its callers.")
    console.print(ask_line(deployment), highlight=False, soft_wrap=True, markup=False)


@serving.command()
def down(use_case: Some = None) -> None:
    """Serve nothing, once what was accepted is answered."""
    rollout = _rollout()
    for name in _named(use_case, rollout):
        ran = rollout.stop(name)
        _say(f"{name} is down." if ran else f"{name} was not up.")


@serving.command()
def status(use_case: Some = None) -> None:
    """Say what serves, where and since when, or why nothing does; exit code 1 when something was to serve and does not."""
    from pipelines.deployments import status_line

    rollout = _rollout()
    found = {name: rollout.status(name) for name in _named(use_case, rollout)}
    for name, one in found.items():
        console.print(status_line(name, one), highlight=False, soft_wrap=True)
    if not found:
        _say("Nothing serves here, and nothing did.")
    if any(one.is_broken for one in found.values()):
        sys.exit(1)


def rollback(
    use_case: Name,
    to: Annotated[str, typer.Option(help="The version; the one that served before when absent.")] = "",
) -> None:
    """Serve the version before, and make it champion again; the next run compares with it."""
    from components.serving.serve import roll_back

    case = library.load(use_case).case
    with console.status(f"Rolling {case.name} back"):
        deployment = roll_back(*_places(case), number=to)
    _say(
        f"version {deployment.release.version} of {case.name} is champion and serves at {deployment.endpoint}"
    )


def predict(
    use_case: Name,
    rows: Annotated[str, typer.Option(help="CSV, Parquet or JSON lines; - for standard input.")],
    to: Annotated[
        Path | None, typer.Option(help="A .csv, .parquet or .jsonl file; printed when absent.")
    ] = None,
    at: Annotated[
        str, typer.Option(help="Address to ask at instead, as of a forwarded port: http://127.0.0.1:8081.")
    ] = "",
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
    if not asked:
        raise DataError(f"{rows} has no rows")
    with Endpoint(at.rstrip("/") or deployment.endpoint, name) as endpoint:
        told = list(asking.ask(endpoint, asked))
    asking.write(told, to)
    refused = [one for one in told if one.prediction is None]
    for one in refused:
        errors.print(f"row {one.row}: {one.error}", highlight=False, markup=False, soft_wrap=True)
    if refused:
        raise DataError(f"{len(refused)} of {len(told)} rows were refused")


def _named(use_case: str | None, rollout: Rollout) -> tuple[str, ...]:
    return (library.load(use_case).case.name,) if use_case else rollout.use_cases()


def _rollout(serving: Serving | None = None) -> Rollout:
    from components.contracts.serving import Serving
    from components.serving.adapters import rollout

    found = rollout(Settings(), serving or Serving())
    if found is None:
        raise RolloutError("nothing serves here: EVERGREEN_SERVING is none")
    return found


def _places(case: UseCase) -> tuple[Rollout, Registry, Deployments]:
    from components.stores.deployments import Deployments
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    runs = Runs(Settings())
    return _rollout(case.serving), Registry(runs, case.name), Deployments(runs, case.name)


def _say(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
