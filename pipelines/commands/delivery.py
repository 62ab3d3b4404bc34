"""The commands that bring an environment to what the repository says: manifests, validate, release, promote."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from components.contracts.errors import DataError

console = Console(file=sys.stdout)

Environment = Annotated[str, typer.Argument(help="An overlay of manifests/overlays.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `evergreen`."""
    for command in (manifests, validate):
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
