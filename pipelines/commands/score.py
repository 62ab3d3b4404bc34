"""`evergreen score`: prediction in batches on this machine."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.contracts.errors import EvergreenError, UseCaseError
from components.contracts.scoring import ScoringReport
from components.contracts.sections import Window
from components.contracts.spec import period
from components.settings import Settings
from pipelines import library

console = Console(file=sys.stdout)


def score(
    use_case: Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")],
    as_of: Annotated[str | None, typer.Option(help="The instant to pretend it is, as in 2013-03-01.")] = None,
    window: Annotated[str, typer.Option(help="How long the window is that is scored.")] = "1 day",
    ahead: Annotated[
        bool, typer.Option("--ahead", help="The window begins at as_of; without this it ends there.")
    ] = False,
    version: Annotated[str, typer.Option(help="A version in the registry; the champion when absent.")] = "",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value; may be given more than once.")
    ] = None,
    build: Annotated[Path, typer.Option(help="Where compiled pipelines go.")] = Path("build"),
) -> None:
    """Score the rows of a window to Parquet, by the compiled pipeline; their outcome need not be known."""
    settings = Settings()
    entry = library.load(use_case, changes or ())
    with console.status("Bringing the data"):
        library.bring_data(entry.path, settings.data)

    from pipelines import start

    moment = start.instant(entry.case, as_of, settings, datetime.now(UTC))
    report = run(entry, arguments(entry, moment, window, ahead, version), settings, build)
    console.print(f"[bold]{report.rows:,}[/bold] rows scored by version {report.version}", highlight=False)
    for outcome, rows in report.outcomes.items():
        console.print(f"  {outcome:<12} {rows:,}", highlight=False, markup=False)
    if report.mean is not None:
        console.print(f"  mean         {report.mean:.5g}", highlight=False)
    console.print(report.predictions, highlight=False, soft_wrap=True)


def run(entry: library.Entry, given: Mapping[str, object], settings: Settings, build: Path) -> ScoringReport:
    """Compile the prediction pipeline, run it on this machine and wait for its end.

    Args:
        entry: The use case.
        given: The pipeline's arguments.
        settings: Where things are kept.
        build: Where the compiled pipeline goes.

    Raises:
        EvergreenError: The run failed, with the reason.
    """
    from components.prediction.scoring import REPORT, scores_address
    from components.stores import objects
    from components.stores.steps import failure_of
    from pipelines import compile as compiling
    from pipelines import definitions, local
    from pipelines.progress import shown

    definitions.bring(entry.case, settings)
    run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    ir = compiling.compile_to(
        compiling.PIPELINES["prediction"], build / "pipelines" / "prediction.yaml", compiling.images()
    )
    with shown(console, ["extract", "predict"]) as listen:
        succeeded = local.run(ir, given, settings, run, listen)
    if not succeeded:
        failure = failure_of(settings.store_uri(), run)
        reason = failure.error if failure else f"it ended without a word; see {local.log_path(settings, run)}"
        raise EvergreenError(f"scoring failed: {reason}")
    told = objects.read_bytes(f"{scores_address(settings.store_uri(), entry.case.name, run)}/{REPORT}")
    return ScoringReport.model_validate_json(told)


def arguments(
    entry: library.Entry, as_of: datetime, window: str, ahead: bool, version: str
) -> dict[str, object]:
    """The arguments of the prediction pipeline.

    Args:
        entry: The use case.
        as_of: The instant that the run pretends it is.
        window: How long the window is; without an event time all rows are scored.
        ahead: Whether it begins at `as_of`; otherwise it ends there.
        version: Number of the version that scores; empty for the champion.

    Raises:
        UseCaseError: The window is no length of time.
    """
    try:
        length = period(window)
    except ValueError as error:
        raise UseCaseError(f"--window: {error}") from error
    start, until = (as_of, as_of + length) if ahead else (as_of - length, as_of)
    given = entry.arguments()
    kept = Window(start=start) if entry.case.table.event_time else Window()
    return {
        **{key: given[key] for key in ("name", "table", "schema")},
        "extraction": {**given["extraction"], "window": kept.model_dump(mode="json", exclude_none=True)},
        "as_of": as_of.isoformat(),
        "until": until.isoformat(),
        "version": version,
    }
