"""The commands that bring an environment to what the repository says: manifests, validate, release, promote."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.contracts.errors import DataError, UseCaseError

console = Console(file=sys.stdout)

Environment = Annotated[str, typer.Argument(help="An overlay of manifests/overlays.")]
Build = Annotated[Path, typer.Option(help="Where compiled pipelines go.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `evergreen`."""
    for command in (manifests, validate, release, promote, shadow):
        app.command()(command)


def manifests(environment: Environment) -> None:
    """Print an environment's manifests, their images pinned: `evergreen manifests kind | kubectl apply --server-side -f -`."""
    from pipelines.images import pinned
    from pipelines.manifests import built, text

    sys.stdout.write(text(built(environment, pinned())))


def validate(
    server: Annotated[bool, typer.Option(help="Also ask the API server that KUBECONFIG names.")] = True,
) -> None:
    """Build every overlay, and hold it against the rules of the house and a real API server."""
    from pipelines.images import pinned
    from pipelines.manifests import built, environments, offences
    from pipelines.validation import UNKNOWN, refusals

    wrong: list[str] = []
    for environment in environments():
        found = built(environment, pinned())
        # On kind nothing is pushed, so that there is no digest; its content's tag stands for it.
        broken = [one for each in found for one in offences(each, needs_digest=environment != "kind")]
        if server:
            broken += refusals(found)
        skipped = sum(one["apiVersion"].startswith(UNKNOWN) for one in found) if server else 0
        note = f" ({skipped} of {UNKNOWN}* not held against the server)" if skipped else ""
        console.print(f"{environment}: {len(found)} objects, {len(broken)} wrong{note}", highlight=False)
        wrong += [f"{environment}: {one}" for one in broken]
    if wrong:
        raise DataError("the manifests are not sound", wrong)


def release(
    environment: Environment,
    use_cases: Annotated[
        list[str] | None, typer.Argument(help="Use cases whose champion is to serve there.")
    ] = None,
    build: Build = Path("build"),
) -> None:
    """Write into an overlay what it is to run: pushed images, pipelines, and champions. The diff is the release."""
    from components.serving.cluster import kept
    from components.settings import Settings
    from components.stores.registry import Registry
    from components.stores.runs import Runs
    from pipelines import library, release
    from pipelines.images import pinned
    from pipelines.manifests import overlay

    place, images = overlay(environment), pinned()
    written = [release.write_images(place, images), *release.write_pipelines(place, images, build)]
    for name in use_cases or ():
        registry = Registry(Runs(Settings()), name)
        champion = registry.champion()
        if champion is None:
            raise UseCaseError(f"{name} has no champion yet; train one: evergreen submit {name}")
        keep = kept(library.load(name).case.serving)
        written.append(release.write_model(place, registry.release(champion), keep=keep))
    for path in written:
        console.print(f"wrote {path}", highlight=False)


def promote(
    use_case: Annotated[str, typer.Argument(help="A use case.")],
    to: Annotated[str, typer.Option(help="Where it is to serve.")] = "production",
    source: Annotated[str, typer.Option("--from", help="Where it serves, and proved itself.")] = "staging",
    runs: Annotated[int, typer.Option(min=1, help="In how many runs it must have passed.")] = 2,
) -> None:
    """Let one environment serve what another does, if that proved itself there; the change is to be committed."""
    from components.settings import Settings
    from components.stores.runs import Runs
    from pipelines import release
    from pipelines.manifests import overlay

    history = Runs(Settings()).history(use_case)
    path, promoted = release.promote(use_case, overlay(source), overlay(to), history, runs)
    console.print(f"wrote {path}: version {promoted.version}, of run {promoted.run}", highlight=False)


def shadow(
    use_case: Annotated[str, typer.Argument(help="A use case.")],
    hours: Annotated[int, typer.Option(min=1, help="How much of the prediction log is replayed.")] = 24,
    rows: Annotated[int, typer.Option(min=1, help="At most so many of its predictions.")] = 500,
    drift: Annotated[float, typer.Option(help="How far scores may drift (PSI).")] = 0.2,
    changed: Annotated[float, typer.Option(help="Which share of the answers may change.")] = 0.2,
) -> None:
    """Launch the challenger on the cluster where nobody calls it, replay logged requests to it, and compare."""
    from pipelines.shadow import launch

    found = launch(use_case, hours, rows)
    console.print(
        f"{found.rows} requests replayed: {len(found.errors)} failed, {found.changed:.1%} of the answers changed, "
        f"scores drift by {found.drift:.3g} (PSI), {found.latency_ms:.1f} ms a row by way of the API server",
        highlight=False,
    )
    objections = found.objections(drift, changed)
    if objections:
        raise DataError(f"the challenger of {use_case} should not take over", objections)
