"""The command `replay`: a recorded past, lived through as if it were now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.settings import Settings
from pipelines import library
from pipelines.screen import wide

# The libraries of the pipelines take seconds to import: the command imports what it needs.

Name = Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; may be given more than once.")
]

console = Console(file=sys.stdout)


def replay(
    use_case: Name,
    start: Annotated[
        str | None, typer.Option("--from", help="The first day, before which the first model is trained.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The day after the last.")] = None,
    sample: Annotated[
        float, typer.Option(min=0.0001, max=1.0, help="Share of each day's rows that is sent.")
    ] = 1.0,
    every: Annotated[
        str | None, typer.Option(help="How often is watched, as in '1 month'; monitoring.every when absent.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="training.seed; the use case's when absent.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(help="Folder of its own stores; HOME/replays/USE_CASE-SEED when absent.")
    ] = None,
    changes: Changes = None,
    build: Annotated[Path, typer.Option(help="Where compiled pipelines go.")] = Path("build"),
) -> None:
    """Live through the past as it happened: train, serve, send each day to the endpoint, watch, train again if decided."""
    own = [f"monitoring.every={every}"] if every else []
    own += [f"training.seed={seed}"] if seed is not None else []
    settings, entry = Settings(), library.load(use_case, [*(changes or ()), *own])
    library.bring_data(entry.path, settings.data)

    from rich.progress import Progress

    from pipelines import start as starting
    from pipelines.decision_tables import decisions_table
    from pipelines.replaying import home as homes
    from pipelines.replaying.report import markdown, write
    from pipelines.replaying.run import replay as lived
    from pipelines.replaying.run import require_days

    place = home or settings.home / "replays" / f"{entry.case.name}-{entry.case.training.seed}"
    since, until = (starting.parsed(text) if text else None for text in (start, end))
    if since is not None and until is not None:
        require_days(since, until)
    with homes.own(place, settings) as own_settings, Progress(console=Console(file=sys.stderr)) as progress:
        task = progress.add_task("Bringing the rows", total=None)
        found = lived(
            entry, own_settings, since, until, sample, build,
            lambda kind, text: None,
            lambda what, done, of: progress.update(task, description=what, completed=done, total=of),
        )  # fmt: skip
        page, table = write(found, place)
    wide(console).print(decisions_table(found.records[::-1]), highlight=False)
    console.print(markdown(found), highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{found.answered:,} rows answered, {found.logged:,} in the prediction log, {len(found.refused):,} refused",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"page      {page}\ntable     {table}", highlight=False, soft_wrap=True)
