"""`evergreen features`: the feature store's views, and whether use cases and views fit."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from components.contracts.errors import DataError, EvergreenError, UseCaseError
from components.contracts.features import ViewSummary
from components.settings import Settings
from pipelines import library
from pipelines.screen import wide

app = typer.Typer(no_args_is_help=True, help="The feature store: list, describe, check, apply, materialize.")
console = Console(file=sys.stdout)


@app.command("list")
def list_views() -> None:
    """List the views that are defined: what they hold, by which key, and for how long."""
    from components.stores.features import Features

    table = Table("view", "keys", "features", "time to live", "owner", "tags")
    for view in Features(Settings()).defined():
        tags = ", ".join(f"{key}: {value}" for key, value in view.tags.items())
        keys, ttl = ", ".join(view.keys), str(view.ttl or "for ever")
        table.add_row(view.name, keys, str(len(view.columns)), ttl, view.owner, tags)
    wide(console, 160).print(table)


@app.command()
def describe(view: Annotated[str, typer.Argument(help="A view's name.")]) -> None:
    """Describe one view: its keys and features with their types, who answers for it, and how far it is online."""
    from components.contracts.errors import StoreError
    from components.stores.features import Features
    from components.stores.watermarks import Watermarks

    views = {found.name: found for found in Features(Settings()).defined()}
    if view not in views:
        raise StoreError(f"there is no view {view!r}; there are {', '.join(sorted(views))}")
    found = views[view]
    reached = Watermarks(Settings()).read(view)
    table = Table(show_header=False, box=None)
    facts = {
        "view": found.name,
        "description": found.description,
        "owner": found.owner,
        **found.tags,
        "source": found.source,
        "time to live": str(found.ttl or "for ever"),
        "online up to": reached.isoformat() if reached else "not yet",
        **{f"key {name}": kind for name, kind in found.keys.items()},
        **{f"feature {name}": kind for name, kind in found.columns.items()},
    }
    for name, value in facts.items():
        table.add_row(name, value)
    console.print(table, highlight=False)


@app.command()
def check(
    champions: Annotated[
        bool, typer.Option("--champions", help="Also against the models that serve, by the registry.")
    ] = False,
) -> None:
    """Hold the views against their sources and against the use cases that look them up; refuse what would break a model."""
    from components.stores.features import Features
    from pipelines import definitions

    settings, problems = Settings(), []
    entries = [library.load(name) for name in library.names()]
    users = [entry for entry in entries if entry.case.extraction.features]
    features = Features(settings)
    views = {view.name: view for view in features.defined()}
    for entry in users:
        library.bring_data(entry.path, settings.data)
        problems += [
            f"{entry.case.name}: {text}" for text in definitions.misfits(entry.case, entry.schema, views)
        ]
        if champions:
            problems += _breaks_the_champion(entry.case.name, settings, views)
    used = {lookup.view for entry in users for lookup in entry.case.extraction.features} & set(views)
    for name in sorted(used):
        problems += definitions.source_misfits(views[name], features.source_columns(name))
    if problems:
        raise DataError("the feature store and the use cases disagree:", problems)
    console.print(f"{len(used)} views fit {', '.join(entry.case.name for entry in users) or 'no use case'}.")


def _breaks_the_champion(name: str, settings: Settings, views: Mapping[str, ViewSummary]) -> list[str]:
    from components.stores.folders import read_manifest
    from components.stores.registry import Registry
    from components.stores.runs import Runs
    from pipelines import definitions

    champion = Registry(Runs(settings), name).champion()
    if champion is None:
        return []
    manifest = read_manifest(champion.address)
    return definitions.broken(f"version {champion.number} of {name}, which serves,", manifest, views)


@app.command()
def apply() -> None:
    """Bring the definitions to the registry, as `feast apply` does."""
    from components.stores.features import Features

    console.print(Features(Settings()).apply(), highlight=False, markup=False)


@app.command()
def materialize(
    use_case: Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")],
    as_of: Annotated[
        str | None, typer.Option(help="Later values stay out, as in 2013-03-01; now when absent.")
    ] = None,
    build: Annotated[Path, typer.Option(help="Where compiled pipelines go.")] = Path("build"),
) -> None:
    """Bring the latest values online, by the compiled pipeline, each view from where it stood."""
    from components.stores.watermarks import Watermarks
    from pipelines.start import parsed

    entry = library.load(use_case)
    views = list(dict.fromkeys(lookup.view for lookup in entry.case.extraction.features))
    if not views:
        raise UseCaseError(f"{entry.case.name} looks nothing up: its section extraction has no features")
    settings = Settings()
    library.bring_data(entry.path, settings.data)
    moment = parsed(as_of) if as_of else datetime.now(UTC).replace(microsecond=0)
    marks = Watermarks(settings)
    before = {view: marks.read(view) for view in views}
    run(entry, moment, settings, build)
    for view in views:
        reached, stood = marks.read(view), before[view]
        since = (
            "was online" if reached == stood else f"online from {stood:%Y-%m-%d %H:%M}" if stood else "online"
        )
        console.print(f"{view}: {since} to {reached:%Y-%m-%d %H:%M} UTC", highlight=False)


def run(entry: library.Entry, as_of: datetime, settings: Settings, build: Path) -> None:
    """Compile the materialization pipeline, run it on this machine and wait for its end.

    Args:
        entry: The use case.
        as_of: Later values stay out.
        settings: Where things are kept.
        build: Where the compiled pipeline goes.

    Raises:
        EvergreenError: The run failed, with the reason.
    """
    from components.stores.steps import failure_of
    from pipelines import compile as compiling
    from pipelines import definitions, local
    from pipelines.progress import shown

    definitions.bring(entry.case, settings)
    run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    ir = compiling.compile_to(
        compiling.PIPELINES["materialization"],
        build / "pipelines" / "materialization.yaml",
        compiling.images(),
    )
    arguments = {"as_of": as_of.isoformat(), "extraction": entry.arguments()["extraction"]}
    with shown(console, ["materialize"]) as listen:
        succeeded = local.run(ir, arguments, settings, run, listen)
    if not succeeded:
        failure = failure_of(settings.store_uri(), run)
        reason = failure.error if failure else f"it ended without a word; see {local.log_path(settings, run)}"
        raise EvergreenError(f"materialization failed: {reason}")
