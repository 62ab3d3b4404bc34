"""A world without servers: the champion answers in this process and logs as the predictor does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.model import ModelManifest
from components.contracts.prediction import (
    EVENT_TIME,
    ID,
    INPUTS,
    INSTANT,
    KEYS,
    LABEL,
    MODEL,
    TIME,
    USE_CASE,
    VERSION,
    log_schema,
)
from components.monitoring.gather import Champion
from components.monitoring.served import answers
from components.recording.serving import serving
from components.settings import Settings
from components.stores.hours import folder, hours_of
from components.stores.models import Model
from components.stores.objects import write_bytes
from components.stores.registry import Registry
from components.stores.runs import Runs
from pipelines import library

_NAMES = uuid.UUID("9a0c7c1e-6b55-4b0e-8f7e-9d1e0c9f6a10")


@dataclass
class Offline:
    """Serves with whatever is champion, and watches as it is told."""

    entry: library.Entry
    settings: Settings
    watcher: Callable[[datetime], bool]
    _champion: Champion | None = None

    def serve(self, rows: pa.Table) -> int:
        """Score rows with the champion, and write them to the prediction log."""
        champion = self._champion or self._reload()
        logged = as_logged(rows, champion, self.entry)
        for hour, part in hours_of(logged):
            place = folder(self.settings.predictions_uri(), self.entry.case.name, hour)
            sink = pa.BufferOutputStream()
            pq.write_table(part, sink, compression="zstd")
            write_bytes(f"{place}/offline-{champion.version}.parquet", sink.getvalue().to_pybytes())
        return int(rows.num_rows)

    def watch(self, end: datetime) -> bool:
        """Watch, and take over the champion that may have come of it."""
        trained = self.watcher(end)
        self._champion = None
        return trained

    def _reload(self) -> Champion:
        self._champion = serving(Registry(Runs(self.settings), self.entry.case.name)).champion()
        return self._champion


def as_logged(rows: pa.Table, champion: Champion, entry: library.Entry) -> pa.Table:
    """Rows of the source and the champion's answers as the prediction log keeps them.

    Ids follow from the key, so that a replay that is run again writes the same log.
    """
    case, manifest = entry.case, champion.model.manifest
    keys = entry.schema.select(case.table.key)
    event = rows[str(case.table.event_time)].cast(pa.timestamp("us")).cast(INSTANT)
    columns: dict[str, object] = {
        ID: _ids(rows, case.table.key, champion.version),
        TIME: event,
        EVENT_TIME: event,
        **{name: pa.array([value] * rows.num_rows) for name, value in _whose(case.name, champion).items()},
        **{KEYS + column.name: rows[column.name] for column in keys},
        **{INPUTS + column.name: rows[column.name] for column in manifest.inputs},
        **_answered(champion.model, manifest, rows),
    }
    label = "string" if manifest.task == "regression" else entry.schema.column(case.table.label).type
    return (
        pa.table(columns)
        .select(log_schema(manifest, keys, label).names)
        .cast(log_schema(manifest, keys, label))
    )


def _whose(use_case: str, champion: Champion) -> dict[str, str]:
    return {USE_CASE: use_case, VERSION: champion.version, MODEL: champion.digest}


def _ids(rows: pa.Table, key: tuple[str, ...], version: str) -> pa.Array:
    texts = zip(*(rows[name].cast(pa.string()).to_pylist() for name in key), strict=True)
    return pa.array([str(uuid.uuid5(_NAMES, "/".join([version, *map(str, one)]))) for one in texts])


def _answered(model: Model, manifest: ModelManifest, rows: pa.Table) -> dict[str, object]:
    scores = np.asarray(model.scores(rows))
    said: dict[str, object] = dict(answers(scores, manifest))
    if manifest.task == "classification":
        said[LABEL] = pa.array(model.decide(scores).tolist())
    return said
