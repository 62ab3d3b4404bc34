"""Starting runs from inside the cluster: as the latest run of the use case was started, at another instant.

`EVERGREEN_STARTER=components.stores.kubeflow_start:start` lets the step `trigger` start trainings. A clock of the cluster
asks for a look at what is new: `python -m components.stores.kubeflow_start monitoring flights housing`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from components.clock import NOW
from components.contracts.errors import EvergreenError, StoreError
from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_words import KubeflowSettings


class Order(Protocol):
    """A run to be started; `components.contracts.decisions.Start` is one."""

    @property
    def key(self) -> str:
        """A run of that key is started once."""

    @property
    def use_case(self) -> str:
        """Whose model is trained."""

    @property
    def cause(self) -> str:
        """Why."""

    @property
    def as_of(self) -> datetime:
        """The instant that the run pretends it is."""


def start(order: Order) -> str:
    """The run of an order: started now, or the one that was started for the same key.

    Raises:
        StoreError: KFP cannot be reached, or the use case was never trained there.
    """
    return started(Kubeflow(KubeflowSettings()), order)


def started(api: Kubeflow, order: Order) -> str:
    """As `start`, by an API that is connected already."""
    digest = hashlib.sha256(order.key.encode()).hexdigest()[:8]
    name = f"{order.use_case} {order.as_of:%Y-%m-%d} {order.cause} {digest}"
    known = api.run_named(order.use_case, name)
    return known or repeated(
        api, "training", order.use_case, name, as_of=order.as_of.isoformat(), cause=order.cause
    )


def repeated(api: Kubeflow, pipeline: str, use_case: str, name: str, **changes: str) -> str:
    """Start a pipeline as it was started last, but for some arguments: the same version, the same sections.

    Raises:
        StoreError: KFP cannot be reached, or the pipeline was never started for the use case.
    """
    latest = api.latest(pipeline, use_case)
    if latest is None:
        raise StoreError(
            f"{pipeline} never ran for {use_case} on this cluster, so there is nothing to repeat; "
            f"`evergreen submit {use_case} --pipeline {pipeline}` starts the first run"
        )
    version, arguments = latest
    return api.start(version, use_case, name, {**arguments, **changes})


def main(words: Sequence[str]) -> int:
    """Start a pipeline for each use case; 1 when one of them could not be started."""
    pipeline, *use_cases = words
    failed = 0
    for use_case in use_cases:
        try:
            run = repeated(
                Kubeflow(KubeflowSettings()), pipeline, use_case, f"{use_case} {pipeline}", as_of=NOW
            )
            print(f"{use_case}: {pipeline} is run {run}", flush=True)
        except EvergreenError as error:
            failed = 1
            print(f"Error: {error}", file=sys.stderr, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
