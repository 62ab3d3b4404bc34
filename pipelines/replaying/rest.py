"""A world with servers: each day's rows go to the real REST endpoint, and the real pipelines watch and train."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from components.contracts.errors import RolloutError, StoreError
from components.serving.adapters import rollout
from components.serving.endpoint import Endpoint
from components.serving.form import rows_of
from components.settings import Settings
from components.stores.folders import read_manifest
from pipelines import library, local, start, watch
from pipelines import rows as reading
from pipelines.asking import Told, ask
from pipelines.replaying.home import journal

SHIPPING_SECONDS = 120.0
"""How long the predictor may take to ship what it answered."""


@dataclass
class Rest:
    """Serves what is champion by the predictor of this machine, and watches by the monitoring pipeline."""

    entry: library.Entry
    settings: Settings
    build: Path
    listen: local.Listener = lambda kind, text: None
    sent: list[pa.Table] = field(default_factory=list)
    """Rows that were answered, with what came of them, each with its prediction's id in the column `ID_SENT`."""
    refused: list[str] = field(default_factory=list)
    """Why rows were refused, one sentence a row."""
    watching: list[float] = field(default_factory=list)
    """Seconds that each monitoring run took, its shadow included."""

    def begin(self, as_of: datetime) -> None:
        """Train the first model and let it serve.

        Raises:
            RolloutError: No champion came of it; with the reasons.
        """
        run = start.train(self.entry, as_of, "manual", self.settings, self.build, self.listen)
        if self._rollout().current(self.entry.case.name) is None:
            told = next(
                one for one in start.history_of(self.entry.case.name, self.settings) if one.run == run
            )
            raise RolloutError(
                f"nothing serves after the first training: {'; '.join(told.reasons) or told.status}\n"
                f"the log is {local.log_path(self.settings, run)}"
            )

    def serve(self, rows: pa.Table) -> int:
        """Send rows to the endpoint; their ids follow from the day, so that another replay writes the same."""
        found = self._rollout().status(self.entry.case.name)
        deployment = found.deployment
        if deployment is None or found.problem:
            raise RolloutError(f"nothing serves {self.entry.case.name} any more: {found.problem}")
        columns = reading.columns(read_manifest(deployment.release.address))
        asked = as_requested(rows, [column.name for column in columns])
        day = rows[str(self.entry.case.table.event_time)][0].as_py()
        with Endpoint(deployment.endpoint, self.entry.case.name) as endpoint:
            told = list(ask(endpoint, asked, name=f"{day:%Y-%m-%d}"))
        answered = [one for one in told if one.prediction is not None]
        self.refused += [
            f"{day:%Y-%m-%d}, row {one.row}: {one.error}" for one in told if one.prediction is None
        ]
        self.sent.append(_with_ids(rows, answered))
        return len(answered)

    def watch(self, end: datetime) -> bool:
        """Run the monitoring pipeline on the window that ends so, and the training that it may decide on."""
        self.settle()
        began = time.perf_counter()
        watch.monitor(self.entry, end, self.settings, self.build, self.listen)
        self.watching.append(time.perf_counter() - began)
        tried = watch.start_waiting(self.entry, self.settings, self.build, self.listen)
        return any(record.run for record in tried)

    def settle(self) -> None:
        """Wait until all that was answered is in the prediction log.

        Raises:
            StoreError: It does not get there.
        """
        _wait(
            lambda: not any(journal(self.settings.home).rglob("*.rows")),
            f"the predictor did not ship its predictions within {SHIPPING_SECONDS:.0f} s",
        )

    def _rollout(self) -> Any:
        return rollout(self.settings, self.entry.case.serving)


ID_SENT = "evergreen prediction"
"""A name that no column of a user has."""


def as_requested(rows: pa.Table, names: list[str]) -> list[Mapping[str, Any]]:
    """Rows of the source as a client would send them: instants as text, what is missing as null."""
    found = rows_of(rows, names).columns
    plain = {
        name: [one.isoformat() if isinstance(one, date) else one for one in values]
        for name, values in found.items()
    }
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def _with_ids(rows: pa.Table, answered: list[Told]) -> pa.Table:
    places = pa.array([one.row - 1 for one in answered], pa.int64())
    names = pa.array([str(one.prediction["id"]) for one in answered if one.prediction], pa.string())
    return rows.take(places).append_column(ID_SENT, names)


def _wait(until: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + SHIPPING_SECONDS
    while not until():
        if time.monotonic() > deadline:
            raise StoreError(otherwise)
        time.sleep(0.1)
