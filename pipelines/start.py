"""Starting a training run: which instant, under which name, with which arguments."""

from __future__ import annotations

import secrets
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Group, RenderableType

from components.catalog import TRAINING
from components.contracts.errors import UseCaseError
from components.contracts.release import Change
from components.contracts.reports import EvaluationReport, ExtractionReport, RunSummary
from components.contracts.serving import Serving
from components.contracts.smoke import SmokeReport
from components.contracts.spec import Instant, period
from components.contracts.usecase import UseCase
from components.recording.header import header
from components.serving.adapters import rollout
from components.settings import Settings
from components.stores.deployments import Deployments
from components.stores.runs import Runs
from components.stores.steps import steps_of
from pipelines import compile as compiling
from pipelines import definitions, library, local, tables
from pipelines.deployments import ask_line, smoke_line
from pipelines.images import content_tag


def train(
    entry: library.Entry,
    as_of: datetime,
    cause: str,
    settings: Settings,
    build: Path,
    listen: local.Listener,
    run: str | None = None,
) -> str:
    """Compile the training pipeline, run it on this machine and wait for its end.

    Args:
        entry: The use case.
        as_of: The instant that the run pretends it is.
        cause: Why it is started.
        settings: Where things are kept.
        build: Where the compiled pipeline goes.
        listen: Told what goes on.
        run: What the run is called; a new name when absent.

    Returns:
        The run; the metadata store knows how it ended.
    """
    definitions.bring(entry.case, settings)
    run = run or new_name()
    code = code_version()
    arguments = {**entry.arguments(), "as_of": as_of.isoformat(), "cause": cause, "code": code}
    config = {key: value for key, value in entry.arguments().items() if key != "name"}
    ir = compiling.compile_to(
        compiling.PIPELINES["training"], build / "pipelines" / "training.yaml", compiling.images()
    )

    runs = Runs(settings)
    opening = header(run, entry.case.name, cause, as_of.isoformat(), code, config)
    runs.open(opening)
    local.run(ir, arguments, settings, run, listen)
    return run


def new_name() -> str:
    """What a run is called that nobody named."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def instant(case: UseCase, as_of: str | None, settings: Settings, now: datetime) -> datetime:
    """The `as_of` of the next run: as asked for, else a step after the last that finished in a replay, else the present.

    Raises:
        UseCaseError: What was asked for is not an instant.
    """
    if as_of is not None:
        return parsed(as_of)
    replay = case.extraction.replay
    if replay is None:
        return now.replace(microsecond=0)
    history = Runs(settings).history(case.name)
    done = [datetime.fromisoformat(run.as_of) for run in history if run.status == "succeeded"]
    return done[0] + period(replay.step) if done else replay.first


def parsed(text: str) -> datetime:
    """An instant out of a text.

    Raises:
        UseCaseError: It is none.
    """
    try:
        return TypeAdapter(Instant).validate_python(text)
    except ValidationError as error:
        raise UseCaseError(
            f"{text!r} is not an instant; write a date or a date and time, as in 2013-03-01"
        ) from error


def history_of(use_case: str, settings: Settings) -> tuple[RunSummary, ...]:
    """The runs of a use case, latest first; one whose process is gone is interrupted."""
    return tuple(_alive(run, settings) for run in Runs(settings).history(use_case))


def deployments_of(use_case: str, settings: Settings) -> tuple[Change, ...]:
    """What came to serve, latest first."""
    return Deployments(Runs(settings), use_case).all()


def _alive(run: RunSummary, settings: Settings) -> RunSummary:
    gone = run.status == "running" and local.was_interrupted(settings, run.run)
    return run.model_copy(update={"status": "interrupted"}) if gone else run


def page(run: str, settings: Settings) -> tuple[RenderableType, bool]:
    """All there is to know about a run, and whether it succeeded.

    Args:
        run: Its id, or how it begins.
        settings: Where things are kept.

    Raises:
        StoreError: There is no such run, or more than one.
    """
    runs = Runs(settings)
    summary = _alive(runs.find(run), settings)
    steps = steps_of(settings.store_uri(), summary.run)
    names = [step.name for step in TRAINING]
    extraction = runs.report(summary, "extraction", ExtractionReport)
    evaluation = runs.report(summary, "evaluation", EvaluationReport)
    places = {**runs.pages(summary), "log": str(local.log_path(settings, summary.run))}
    rendered = tables.run_page(summary, steps, names, extraction, evaluation, places)
    smoke = runs.report(summary, "smoke", SmokeReport)
    told = rendered if smoke is None else Group(rendered, smoke_line(smoke))
    return told, summary.status == "succeeded"


def ask(run: str, settings: Settings) -> str:
    """A command that asks the model of a run for a prediction; empty unless that serves.

    Args:
        run: Its id, or how it begins.
        settings: Where things are kept.
    """
    summary, serving = Runs(settings).find(run), rollout(settings, Serving())
    deployment = serving.current(summary.use_case) if serving is not None and summary.version else None
    serves = deployment is not None and deployment.release.version == summary.version
    return ask_line(deployment) if deployment is not None and serves else ""


def code_version() -> str:
    """The git commit, marked `+changes` where the tree differs from it; a digest of the sources outside git."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        command = ["git", "-C", str(here), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return f"{commit}+changes" if git("status", "--porcelain", "--", "..") else commit
    except (OSError, subprocess.CalledProcessError):
        return f"sources-{content_tag()}"
