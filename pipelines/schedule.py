"""Recurring runs that follow the use case: the new one is made before the old is disabled; no run in flight ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts.schedule import seconds_first
from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_words import PipelineVersion, Recurring


@dataclass(frozen=True)
class Change:
    """One thing to do, so that the recurring runs are as the use case says."""

    action: Literal["create", "enable", "disable"]
    name: str
    id: str = ""


@dataclass(frozen=True)
class Clock:
    """A pipeline that is to run by the clock."""

    cron: str
    version: PipelineVersion
    arguments: Mapping[str, Any]


def prefix_of(use_case: str, pipeline: str) -> str:
    """How the names of a pipeline's recurring runs begin."""
    return use_case if pipeline == "training" else f"{use_case}-{pipeline}"


def name_of(prefix: str, clock: Clock) -> str:
    """The name of a recurring run, which all that it does decides."""
    facts = json.dumps([clock.cron, clock.version.name, clock.arguments], sort_keys=True)
    return f"{prefix}-{hashlib.sha256(facts.encode()).hexdigest()[:10]}"


def plan(prefix: str, wanted: str | None, known: Sequence[Recurring]) -> tuple[Change, ...]:
    """What to do, in this order: the wanted recurring run first, so that no turn is missed.

    Args:
        prefix: How the names of ours begin; recurring runs of other names are left alone.
        wanted: Name of the recurring run that there is to be; None when there is to be none.
        known: Those that KFP has.
    """
    ours = [one for one in known if one.name.rpartition("-")[0] == prefix]
    kept = next((one for one in sorted(ours, key=lambda one: not one.enabled) if one.name == wanted), None)
    changes: list[Change] = []
    if wanted is not None and kept is None:
        changes.append(Change("create", wanted))
    if kept is not None and not kept.enabled:
        changes.append(Change("enable", kept.name, kept.id))
    changes += [Change("disable", one.name, one.id) for one in ours if one.enabled and one is not kept]
    return tuple(changes)


def reconcile(api: Kubeflow, use_case: str, pipeline: str, clock: Clock | None) -> tuple[Change, ...]:
    """Make the recurring runs of a use case's pipeline what its schedule says; return what was done.

    Args:
        api: Kubeflow Pipelines.
        use_case: Its name.
        pipeline: Which of its pipelines.
        clock: When it runs, and as what; None for never.

    Raises:
        StoreError: KFP cannot be reached, or refuses. Doing it again goes on from there.
    """
    prefix = prefix_of(use_case, pipeline)
    wanted = name_of(prefix, clock) if clock else None
    changes = plan(prefix, wanted, api.recurring(use_case))
    for change in changes:
        if change.action == "create" and clock is not None:
            cron = seconds_first(clock.cron)
            api.recur(clock.version, use_case, change.name, cron, clock.arguments)
        elif change.action == "enable":
            api.enable(change.id)
        elif change.action == "disable":
            api.disable(change.id)
    return changes
