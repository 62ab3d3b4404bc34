"""Recurring runs that follow the use case: the new one is made before the old is disabled; no run in flight ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts.schedule import Schedule
from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_words import PipelineVersion, Recurring


@dataclass(frozen=True)
class Change:
    """One thing to do, so that the recurring runs are as the use case says."""

    action: Literal["create", "enable", "disable"]
    name: str
    id: str = ""


def name_of(use_case: str, schedule: Schedule, version: str, arguments: Mapping[str, Any]) -> str:
    """The name of a recurring run, which all that it does decides."""
    facts = json.dumps([schedule.model_dump(mode="json"), version, arguments], sort_keys=True)
    return f"{use_case}-{hashlib.sha256(facts.encode()).hexdigest()[:10]}"


def plan(use_case: str, wanted: str | None, known: Sequence[Recurring]) -> tuple[Change, ...]:
    """What to do, in this order: the wanted recurring run first, so that no turn is missed.

    Args:
        use_case: Its name; recurring runs that are not named after it are left alone.
        wanted: Name of the recurring run that there is to be; None when there is to be none.
        known: Those that KFP has.
    """
    ours = [one for one in known if one.name.rpartition("-")[0] == use_case]
    kept = next((one for one in sorted(ours, key=lambda one: not one.enabled) if one.name == wanted), None)
    changes: list[Change] = []
    if wanted is not None and kept is None:
        changes.append(Change("create", wanted))
    if kept is not None and not kept.enabled:
        changes.append(Change("enable", kept.name, kept.id))
    changes += [Change("disable", one.name, one.id) for one in ours if one.enabled and one is not kept]
    return tuple(changes)


def reconcile(
    api: Kubeflow,
    use_case: str,
    schedule: Schedule | None,
    version: PipelineVersion,
    arguments: Mapping[str, Any],
) -> tuple[Change, ...]:
    """Make the recurring runs of a use case what its schedule says; return what was done.

    Raises:
        StoreError: KFP cannot be reached, or refuses. Doing it again goes on from there.
    """
    wanted = name_of(use_case, schedule, version.name, arguments) if schedule else None
    changes = plan(use_case, wanted, api.recurring(use_case))
    for change in changes:
        if change.action == "create" and schedule is not None:
            api.recur(version, use_case, change.name, schedule.seconds_first(), arguments)
        elif change.action == "enable":
            api.enable(change.id)
        elif change.action == "disable":
            api.disable(change.id)
    return changes
