"""`evergreen`: everything by name. The work is elsewhere; here it is asked for and shown."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.markup import escape

from components.contracts.errors import DataError, EvergreenError
from components.settings import Settings
from components.stores.failures import PLACES, sentence
from pipelines import library
from pipelines.commands import cluster, delivery, features, loop, serving, signing
from pipelines.commands.replay import replay
from pipelines.commands.score import score
from pipelines.endings import INTERRUPTED, keep_warnings_quiet, was_interrupted
from pipelines.screen import wide

# The libraries of the pipelines take seconds to import: each command imports what it needs.

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
usecases = typer.Typer(no_args_is_help=True, help="Use-case files: draft, check, list.")
schemas = typer.Typer(no_args_is_help=True, help="What the rows must look like: infer, check.")
app.command()(score)
app.add_typer(usecases, name="usecase")
app.add_typer(schemas, name="schema")
cluster.register(app)
delivery.register(app)
serving.register(app)
app.add_typer(features.app, name="features")
loop.register(app)
signing.register(app)
app.command()(replay)

# Bound to the real streams: while a pipeline runs, its steps' output goes elsewhere. Lines are not cut where a pipe
# is said to be 80 columns wide: scripts read them, and a terminal wraps them by itself.
console = Console(file=sys.stdout, soft_wrap=True)
errors = Console(file=sys.stderr)

Name = Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")]
RunId = Annotated[str, typer.Argument(help="A run's id, or how it begins.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="section.key=value; may be given more than once.")
]
Build = Annotated[Path, typer.Option(help="Where compiled pipelines go.")]


def main() -> None:
    """Run the command; a user's mistake ends with its message and exit code 1, never with a traceback."""
    keep_warnings_quiet()
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            errors.print("Interrupted.")
        raise
    except EvergreenError as error:
        if was_interrupted(error):
            errors.print("Interrupted.")
            sys.exit(INTERRUPTED)
        _fail(str(error))
    except OSError as error:
        if error.errno not in PLACES:
            raise
        _fail(sentence(error.filename or "a file", "read or written", error))


def _fail(message: str) -> None:
    errors.print(f"[red]Error:[/red] {escape(message)}", highlight=False, soft_wrap=True)
    sys.exit(1)


@app.callback()
def about() -> None:
    """Continuous training of machine-learning models: train, validate, serve, watch, and train again."""


@app.command()
def run(
    use_case: Name,
    as_of: Annotated[str | None, typer.Option(help="The instant to pretend it is, as in 2013-03-01.")] = None,
    changes: Changes = None,
    cause: Annotated[str, typer.Option(help="manual, schedule, new-data, drift or performance.")] = "manual",
    reason: loop.Reason = "",
    request: loop.Request = "",
    build: Build = Path("build"),
) -> None:
    """Train on this machine: from raw rows to a served champion, by the compiled pipeline."""
    settings = Settings()
    entry = library.load(use_case, changes or ())
    with console.status("Bringing the data"):
        library.bring_data(entry.path, settings.data)

    from components.catalog import TRAINING
    from pipelines import requests, start
    from pipelines.progress import shown

    moment = start.instant(entry.case, as_of, settings, datetime.now(UTC))
    console.print(f"Training [bold]{entry.case.name}[/bold] as of {moment:%Y-%m-%d %H:%M} UTC")
    with shown(console, [step.name for step in TRAINING]) as listen:
        record = requests.ask_and_run(
            entry, loop.known(cause), moment, settings, build, listen, reason, request
        )
    if not record.run:
        loop.show_decisions(entry.case.name, settings, moment)
    elif not _show(record.run, settings):
        sys.exit(1)


@app.command()
def history(use_case: Name) -> None:
    """List each time a use case's model was triggered, why, on what, and what came of it; then what served, and when."""
    from pipelines import deployments, tables
    from pipelines.start import deployments_of, history_of

    name, settings = library.load(use_case).case.name, Settings()
    runs = history_of(name, settings)
    if runs:
        _print_wide(tables.history_table(runs))
    else:
        console.print(f"{name} was never run here; `evergreen run {name}` does", highlight=False)
    changes = deployments_of(name, settings)
    if changes:
        _print_wide(deployments.deployments_table(changes))
    loop.show_decisions(name, settings)


@app.command()
def show(run: RunId) -> None:
    """Show one run: its steps, rows, metrics, verdict and pages."""
    _show(run, Settings())


@app.command()
def compare(left: RunId, right: RunId) -> None:
    """Show what differs between two runs: facts, configuration and metrics."""
    from components.stores.runs import Runs
    from pipelines import tables

    runs = Runs(Settings())
    one, other = runs.find(left), runs.find(right)
    _print_wide(tables.comparison_table(one, other, runs.config(one), runs.config(other)))


@app.command()
def compile(build: Build = Path("build")) -> None:
    """Write every pipeline's IR and every step's own YAML."""
    from pipelines.compile import compile_all

    for path in compile_all(build):
        console.print(str(path))


@app.command()
def data(use_case: Name) -> None:
    """Bring the rows of a use case that ships with its data."""
    entry = library.load(use_case)
    if not library.bring_data(entry.path, Settings().data):
        raise DataError(
            f"{entry.case.name} does not ship with data; its section `extraction` says where rows come from"
        )


@usecases.command("list")
def list_usecases() -> None:
    """List the use cases of this repository."""
    for name in library.names():
        console.print(f"{name:<12} {library.load(name).case.description}", highlight=False, soft_wrap=True)


@usecases.command()
def init(
    name: Annotated[str, typer.Argument(help="What the use case is to be called.")],
    data: Annotated[Path, typer.Option(help="A file or folder of Parquet or CSV.")],
    label: Annotated[str | None, typer.Option(help="The column to predict; guessed when absent.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = library.FOLDER,
) -> None:
    """Draft a use case and its schema by looking at the data; to be reviewed, then run."""
    from pipelines.drafting import draft, save

    drafted = draft(name, data, label, folder=folder)
    for path in save(drafted, name, folder):
        console.print(f"wrote {path}", highlight=False)
    for note in drafted.notes:
        console.print(f"  - {note}", highlight=False, markup=False)
    console.print(f"Review both files, then: evergreen run {name}", highlight=False)


@usecases.command("check")
def check_usecase(file: Name) -> None:
    """Check a use-case file, and that it fits its schema."""
    entry = library.load(file)
    console.print(
        f"{entry.path} is sound: {len(entry.schema.columns)} columns, predicts {entry.case.table.label}"
    )


@schemas.command()
def infer(use_case: Name) -> None:
    """Write the schema of a use case from its data; to be reviewed, then committed."""
    from components.contracts.usecase import UseCase
    from components.stores.features import Features
    from pipelines import definitions
    from pipelines.drafting import infer_schema, write_schema

    path = library.locate(use_case)
    case = UseCase.load(path)
    library.bring_data(path, Settings().data)
    definitions.bring(case, Settings())
    write_schema(infer_schema(case, Settings().data, Features(Settings())), library.schema_path(path))
    console.print(f"wrote {library.schema_path(path)}", highlight=False)


@schemas.command("check")
def check_schema(use_case: Name) -> None:
    """Hold all rows of a use case against its schema."""
    from components.stores.features import Features
    from pipelines import definitions
    from pipelines.drafting import check_schema as check

    entry = library.load(use_case)
    library.bring_data(entry.path, Settings().data)
    definitions.bring(entry.case, Settings())
    found = check(entry.case, entry.schema, Settings().data, Features(Settings()))
    for anomaly in found:
        console.print(f"{anomaly.severity}: {anomaly.message}", highlight=False, markup=False)
    wrong = [anomaly for anomaly in found if anomaly.severity == "error"]
    if wrong:
        raise DataError(f"{len(wrong)} of the schema's rules do not hold for the rows of {entry.case.name}")
    console.print(f"The rows of {entry.case.name} fit its schema.")


def _show(run: str, settings: Settings) -> bool:
    from pipelines.start import ask, page

    rendered, succeeded = page(run, settings)
    _print_wide(rendered)
    if line := ask(run, settings):
        # In one piece, so that it can be copied.
        console.print(f"It serves. Ask it:\n\n{line}\n", highlight=False, markup=False, soft_wrap=True)
    return succeeded


def _print_wide(rendered: RenderableType) -> None:
    wide(console).print(rendered, highlight=False, soft_wrap=False)
