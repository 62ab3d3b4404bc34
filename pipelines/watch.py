"""The loop on this machine: run the monitoring pipeline, and start what it decided."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from components.contracts.decisions import Record, Start
from components.contracts.errors import StoreError
from components.contracts.spec import period
from components.contracts.usecase import UseCase
from components.settings import Settings
from components.stores.alerts import send
from components.stores.decisions import Decisions
from components.stores.runs import Runs
from components.stores.steps import failure_of
from components.triggering.dispatch import tell
from components.triggering.outbox import drain
from pipelines import compile as compiling
from pipelines import library, local, start


@dataclass(frozen=True)
class LocalStart:
    """Starts a training on this machine, and waits for its end."""

    entry: library.Entry
    settings: Settings
    build: Path
    listen: local.Listener

    def __call__(self, request: Start) -> str:
        """The run of a key: started now, or what was started before.

        A run that was killed is run again under its name; one that failed has its reason in the history.
        """
        run = f"{request.as_of:%Y%m%d}-{request.cause}-{hashlib.sha256(request.key.encode()).hexdigest()[:8]}"
        ended = {one.run: one.status for one in start.history_of(request.use_case, self.settings)}
        if ended.get(run, "interrupted") != "interrupted":
            return run
        return start.train(
            self.entry, request.as_of, request.cause, self.settings, self.build, self.listen, run
        )


def arguments(entry: library.Entry, as_of: datetime) -> dict[str, object]:
    """The arguments of the monitoring pipeline."""
    case = entry.case
    sections = case.model_dump(
        mode="json",
        exclude_none=True,
        include={
            "name", "table", "extraction", "preparation", "training", "evaluation", "monitoring", "triggering"
        },
    )  # fmt: skip
    schema = entry.arguments()["schema"]
    return {**sections, "schema": schema, "as_of": as_of.isoformat(), "metric": metric(case)}


def metric(case: UseCase) -> str:
    """The metric that decides: what triggering names, else what the search optimizes."""
    watched = case.triggering.performance
    named = watched.metric if watched else None
    return named or (case.search_metric() if case.search_metric() in case.metrics() else case.metrics()[0])


def monitor(
    entry: library.Entry, as_of: datetime, settings: Settings, build: Path, listen: local.Listener
) -> str:
    """Run the monitoring pipeline on this machine and wait for its end.

    Returns:
        The run.

    Raises:
        StoreError: A step failed; with its message.
    """
    run = f"watch-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    ir = compiling.compile_to(
        compiling.PIPELINES["monitoring"], build / "pipelines" / "monitoring.yaml", compiling.images()
    )
    if not local.run(ir, arguments(entry, as_of), settings, run, listen):
        broken = failure_of(settings.store_uri(), run)
        why = f"{broken.step}: {broken.error}" if broken else "a step failed without a word"
        raise StoreError(f"{why}\nthe log is {local.log_path(settings, run)}")
    return run


def start_waiting(
    entry: library.Entry, settings: Settings, build: Path, listen: local.Listener
) -> tuple[Record, ...]:
    """Start everything that was decided and waits; a person is told of what cannot be started."""
    starter = LocalStart(entry, settings, build, listen)
    tried = drain(Decisions(settings), entry.case.name, starter, datetime.now(UTC))
    tell(
        [record for record in tried if record.error],
        entry.case.triggering.alerts,
        lambda message: send(settings.alerts_place(), message),
    )
    return tried


def instant(case: UseCase, as_of: str | None, settings: Settings, now: datetime) -> datetime:
    """The end of the next window: as asked for, else in a replay a step after the last one, else the present."""
    return following(
        case,
        as_of,
        settings,
        now,
        lambda: [record.end for record in Decisions(settings).history(case.name)],
    )


def following(
    case: UseCase,
    as_of: str | None,
    settings: Settings,
    now: datetime,
    judged: Callable[[], Iterable[datetime]],
) -> datetime:
    """What `instant` says, where something else tells when the windows ended that were judged."""
    if as_of is not None:
        return start.parsed(as_of)
    replay = case.extraction.replay
    if replay is None:
        return now.replace(microsecond=0)
    done = [datetime.fromisoformat(run.as_of) for run in Runs(settings).history(case.name)]
    return max([*judged(), *done], default=replay.first) + period(case.monitoring.every)
