"""What each pipeline of a use case is started with on a cluster, and as of when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from components.catalog import MONITORING, TRAINING
from components.contracts.errors import UseCaseError
from components.contracts.usecase import UseCase
from components.settings import Settings
from components.stores.watch import ends
from pipelines import library, start, watch
from pipelines.commands import score

STEPS_OF = {
    "training": tuple(step.name for step in TRAINING),
    "monitoring": tuple(step.name for step in MONITORING),
    "materialization": ("materialize",),
    "prediction": ("extract", "predict"),
}
"""The names of each pipeline's steps, in order."""


def of(
    pipeline: str,
    entry: library.Entry,
    as_of: datetime,
    cause: str = "manual",
    window: str = "1 day",
    ahead: bool = False,
    version: str = "",
) -> dict[str, Any]:
    """The arguments of a pipeline.

    Args:
        pipeline: One of `STEPS_OF`.
        entry: The use case.
        as_of: The instant that the run pretends it is.
        cause: Why a training is started.
        window: How long the window is that a prediction scores.
        ahead: Whether that begins at `as_of`; otherwise it ends there.
        version: Number of the version that scores; empty for the champion.

    Raises:
        UseCaseError: There is no such pipeline, or the use case has no use for it.
    """
    if pipeline == "training":
        code = start.code_version()
        return {**entry.arguments(), "as_of": as_of.isoformat(), "cause": cause, "code": code}
    if pipeline == "monitoring":
        return watch.arguments(entry, as_of)
    if pipeline == "prediction":
        return score.arguments(entry, as_of, window, ahead, version)
    if pipeline == "materialization":
        if not entry.case.extraction.features:
            raise UseCaseError(f"{entry.case.name} looks nothing up: its section extraction has no features")
        return {"as_of": as_of.isoformat(), "extraction": entry.arguments()["extraction"]}
    raise UseCaseError(f"there is no pipeline {pipeline!r}; there are {', '.join(STEPS_OF)}")


def instant(pipeline: str, case: UseCase, as_of: str | None, settings: Settings, now: datetime) -> datetime:
    """The `as_of` of the next run: as asked for, else in a replay a step after the last, else the present.

    A monitoring run's follows from what was judged and trained, as the stores that this machine shares with the
    cluster tell; the database of decisions need not be in reach.

    Raises:
        UseCaseError: What was asked for is not an instant.
        StoreError: A store cannot be read.
    """
    if pipeline != "monitoring":
        return start.instant(case, as_of, settings, now)
    return watch.following(case, as_of, settings, now, lambda: ends(settings.store_uri(), case.name))
