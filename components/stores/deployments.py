"""What came to serve, and when: a record in the metadata store that is only ever added to.

The records of a use case are the MLflow runs of an experiment of their own, beside the one of its pipeline runs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from components.contracts.release import Change, Deployment
from components.stores.runs import DEPLOYMENTS, Runs

_CHANGE = "evergreen.change"


class Deployments:
    """The changes of what serves one use case."""

    def __init__(self, runs: Runs, use_case: str) -> None:
        self._runs = runs
        self._client = runs.client
        self._name = f"{use_case}{DEPLOYMENTS}"

    def note(self, kind: Literal["deployment", "rollback"], deployment: Deployment) -> None:
        """Record that a version came to serve; a deployment of the one that served already changes nothing."""
        with self._runs.exclusively():
            known = self.all()
            before = known[0].deployment.release.version if known else ""
            if kind == "rollback" or before != deployment.release.version:
                now = datetime.now(UTC)
                self._add(Change(kind=kind, time=now, deployment=deployment, replaced=before))

    def all(self) -> tuple[Change, ...]:
        """Every change, latest first."""
        experiment = self._client.get_experiment_by_name(self._name)
        if experiment is None:
            return ()
        found = self._client.search_runs([experiment.experiment_id], max_results=1_000)
        changes = [Change.model_validate_json(run.data.tags[_CHANGE]) for run in found]
        return tuple(sorted(changes, key=lambda change: change.time, reverse=True))

    def _add(self, change: Change) -> None:
        deployment = change.deployment
        at = int(change.time.timestamp() * 1000)
        made = self._client.create_run(
            self._runs.experiment(self._name),
            start_time=at,
            run_name=f"{change.kind} of version {deployment.release.version}",
            tags={
                "evergreen.kind": change.kind,
                "evergreen.version": deployment.release.version,
                "evergreen.replaced": change.replaced,
                "evergreen.model": deployment.release.digest,
                "evergreen.endpoint": deployment.endpoint,
                _CHANGE: change.model_dump_json(),
            },
        )
        self._client.set_terminated(made.info.run_id, end_time=at)
