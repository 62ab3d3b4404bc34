"""The commands of the loop: monitor, decide, backtest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.console import Console

from components.contracts.errors import UseCaseError
from components.contracts.reports import Cause
from components.settings import Settings
from pipelines import library
from pipelines.screen import wide

if TYPE_CHECKING:
    from components.contracts.decisions import Record

# The libraries of the pipelines take seconds to import: each command imports what it needs.

Name = Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")]
AsOf = Annotated[str | None, typer.Option(help="The end of the window, as in 2013-06-01.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; may be given more than once.")
]
Reason = Annotated[str, typer.Option(help="Why, for the history.")]
Request = Annotated[
    str, typer.Option(help="A name of the request: one that comes again starts no second run.")
]
Build = Annotated[Path, typer.Option(help="Where compiled pipelines go.")]

console = Console(file=sys.stdout)


def register(app: typer.Typer) -> None:
    """Add the commands of the loop."""
    for command in (monitor, decide, backtest):
        app.command()(command)


def monitor(
    use_case: Name, as_of: AsOf = None, changes: Changes = None, build: Build = Path("build")
) -> None:
    """Judge what was served up to an instant, decide whether to train, and train if so, on this machine."""
    settings, entry = Settings(), library.load(use_case, changes or ())
    library.bring_data(entry.path, settings.data)

    from components.catalog import MONITORING, TRAINING
    from components.stores import watch as kept
    from components.stores.decisions import Decisions
    from pipelines import watch
    from pipelines.progress import shown

    moment = watch.instant(entry.case, as_of, settings, datetime.now(UTC))
    console.print(f"Monitoring [bold]{entry.case.name}[/bold] up to {moment:%Y-%m-%d %H:%M} UTC")
    with shown(console, [step.name for step in MONITORING]) as listen:
        watch.monitor(entry, moment, settings, build, listen)
    place = kept.folder(settings.store_uri(), entry.case.name, moment)
    console.print(
        f"page      {place}/page.html\nmetrics   {place}/metrics.prom", highlight=False, soft_wrap=True
    )
    if any(record.state == "waiting" for record in Decisions(settings).history(entry.case.name)):
        with shown(console, [step.name for step in TRAINING]) as listen:
            tried = watch.start_waiting(entry, settings, build, listen)
        _show_runs(tried, settings)
    show_decisions(entry.case.name, settings, moment)


def decide(
    use_case: Name,
    cause: Annotated[str, typer.Option(help="manual, schedule, new-data, drift or performance.")] = "manual",
    as_of: AsOf = None,
    changes: Changes = None,
    reason: Reason = "",
    request: Request = "",
    build: Build = Path("build"),
) -> None:
    """Bring a cause to the door, and start what waits behind it: an event that comes twice starts one run."""
    settings, entry = Settings(), library.load(use_case, changes or ())
    asked = known(cause)
    library.bring_data(entry.path, settings.data)

    from components.catalog import TRAINING
    from pipelines import requests, start, watch
    from pipelines.progress import shown

    moment = start.instant(entry.case, as_of, settings, datetime.now(UTC))
    requests.ask(entry, asked, moment, settings, reason, request)
    with shown(console, [step.name for step in TRAINING]) as listen:
        tried = watch.start_waiting(entry, settings, build, listen)
    _show_runs(tried, settings)
    show_decisions(entry.case.name, settings, moment)


def backtest(
    use_case: Name,
    start: Annotated[
        str | None, typer.Option("--from", help="The first instant at which a model could be trained.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="When the past is over.")] = None,
    changes: Changes = None,
    workers: Annotated[int, typer.Option(help="Processes; as many as processors when 0.")] = 0,
    build: Build = Path("build"),
) -> None:
    """Try policies of training on the past, without servers: the frontier of quality against number of trainings."""
    settings, entry = Settings(), library.load(use_case, changes or ())
    library.bring_data(entry.path, settings.data)

    from joblib import cpu_count
    from rich.progress import Progress

    from components.stores.features import Features
    from pipelines import definitions
    from pipelines import start as starting
    from pipelines.backtesting.report import markdown
    from pipelines.backtesting.run import backtest as tried

    definitions.bring(entry.case, settings)
    since, until = (starting.parsed(text) if text else None for text in (start, end))
    with Progress(console=Console(file=sys.stderr)) as progress:
        task = progress.add_task("Fitting", total=None)
        found = tried(
            entry,
            settings.data,
            since,
            until,
            workers or cpu_count(),
            lambda done, of: progress.update(task, completed=done, total=of),
            Features(settings),
        )
    page, table = found.write(build / "backtests" / entry.case.name)
    console.print(markdown(found.lives, found.metric), highlight=False, markup=False, soft_wrap=True)
    console.print(f"page      {page}\ntable     {table}", highlight=False, soft_wrap=True)


def known(cause: str) -> Cause:
    """A cause by its name.

    Raises:
        UseCaseError: There is none of that name.
    """
    if cause not in get_args(Cause):
        raise UseCaseError(f"no cause is named {cause!r}; there are {', '.join(get_args(Cause))}")
    return cast("Cause", cause)


def _show_runs(tried: Sequence[Record], settings: Settings) -> None:
    from pipelines.start import page

    for record in tried:
        if record.run and not record.error:
            wide(console).print(page(record.run, settings)[0], highlight=False)


def show_decisions(use_case: str, settings: Settings, end: datetime | None = None) -> None:
    """Print what was decided, latest first; of one window when its end is given.

    The decisions of a cluster are told from what its runs kept, since their database is in reach of its steps alone.
    """
    from components.stores.decisions import Decisions
    from components.triggering.keeping import kept
    from pipelines.decision_tables import decisions_table

    in_reach = settings.keeps_decisions()
    known = Decisions(settings).history(use_case) if in_reach else kept(settings.store_uri(), use_case)
    records = [one for one in known if end is None or one.end == end]
    if records:
        wide(console).print(decisions_table(records), highlight=False)
