"""A pipeline on a cluster: compile for an environment, publish by content, start, and follow to the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.catalog import STEPS
from components.contracts.errors import StoreError
from components.settings import Settings
from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_words import PipelineVersion, RunState
from components.stores.steps import failure_of
from pipelines import compile as compiling
from pipelines import library, pods
from pipelines.local import Listener
from pipelines.placement import Placements, placed

OVERLAYS = Path(__file__).parent.parent / "manifests" / "overlays"
PAUSE = 3.0
"""Seconds between two questions about a run."""
PATIENCE = 20
"""How many questions in a row may go unanswered, and how long a pod may seem not to start."""


@dataclass(frozen=True)
class Submission:
    """A run that was started."""

    run: str
    version: PipelineVersion


def placements_of(environment: str) -> Placements:
    """What an environment gives the steps: the `steps.yaml` of its overlay, or of a path.

    Raises:
        UseCaseError: The file is not there, or something in it is wrong.
    """
    named = Path(environment)
    return Placements.load(named if named.suffix == ".yaml" else OVERLAYS / environment / "steps.yaml")


def compiled(pipeline: str, environment: str, build: Path) -> Path:
    """Compile a pipeline for an environment, its images pinned.

    Raises:
        UseCaseError: The environment's placements are not there or wrong.
    """
    function = placed(compiling.PIPELINES[pipeline], placements_of(environment))
    place = build / "pipelines" / Path(environment).stem / f"{pipeline}.yaml"
    return compiling.compile_to(function, place, compiling.images())


def published(api: Kubeflow, pipeline: str, ir: Path) -> PipelineVersion:
    """The version of a compiled pipeline in KFP, named by its content and uploaded once.

    Raises:
        StoreError: KFP cannot be reached, or refuses.
    """
    name = f"{pipeline}-{hashlib.sha256(ir.read_bytes()).hexdigest()[:12]}"
    return api.publish(pipeline, compiling.PIPELINES[pipeline].description, name, ir)


def submit(
    api: Kubeflow,
    entry: library.Entry,
    pipeline: str,
    arguments: Mapping[str, Any],
    environment: str,
    build: Path,
) -> Submission:
    """Start a pipeline on a cluster.

    Args:
        api: Kubeflow Pipelines.
        entry: The use case.
        pipeline: Which.
        arguments: Of the pipeline (`pipelines.arguments`).
        environment: The overlay whose `steps.yaml` holds.
        build: Where the compiled pipeline goes.

    Raises:
        UseCaseError: The environment's placements are not there or wrong.
        StoreError: KFP cannot be reached, or refuses; or the store that the steps use cannot be written.
    """
    version = published(api, pipeline, compiled(pipeline, environment, build))
    what = arguments.get("cause", pipeline)
    name = f"{entry.case.name} {arguments['as_of'][:10]} {what}"
    return Submission(api.start(version, entry.case.name, name, arguments), version)


def follow(
    api: Kubeflow,
    run: str,
    listen: Listener,
    wait: Callable[[float], None] = time.sleep,
    stuck: Callable[[], str] = lambda: "",
) -> RunState:
    """Wait for the end of a run.

    Args:
        api: Kubeflow Pipelines.
        run: KFP's id of the run.
        listen: Told which step goes on.
        wait: How to let time pass.
        stuck: Why a pod of the run cannot start; nothing when that may still be.

    Raises:
        StoreError: KFP does not answer for a minute, and the run goes on; or a pod cannot start for as long.
    """
    heard: set[str] = set()
    unanswered = hopeless = 0
    while True:
        try:
            state, unanswered = api.state(run), 0
        except StoreError:
            unanswered += 1
            if unanswered >= PATIENCE:
                raise
            wait(PAUSE)
            continue
        for task in state.tasks:
            if task.state == "RUNNING" and task.name not in heard and task.name in _steps():
                heard.add(task.name)
                listen("step", task.name)
        if state.ended:
            return state
        reason = stuck()
        hopeless = hopeless + 1 if reason else 0
        if hopeless >= PATIENCE:
            raise StoreError(f"run {run} does not go on: {reason}")
        wait(PAUSE)


def _steps() -> set[str]:
    """Names of the steps, which tells them from KFP's own tasks."""
    return {step.name for step in STEPS}


def why(run: str, namespace: str, settings: Settings) -> str:
    """Why a run failed, in the words of the step that did: from its pod's log, else from its record in the store."""
    found = pods.failures(run, namespace)
    if found:
        return f"{found[0].step}: {found[0].error}"
    try:
        record = failure_of(settings.store_uri(), run)
    except StoreError:
        record = None
    if record is not None:
        return f"{record.step}: {record.error}"
    return (
        "the cluster does not tell why; the logs of its pods do: "
        f"kubectl logs --namespace {namespace} --selector pipeline/runid={run} --container main --prefix"
    )
