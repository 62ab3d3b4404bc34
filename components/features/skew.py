"""Whether serving saw what training would have seen: features as they were logged, beside the same looked up offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from components.contracts.features import ColumnSkew, SkewReport, ViewSummary
from components.contracts.prediction import ID, INPUTS, KEYS, TIME
from components.contracts.sections import Lookup
from components.features.asof import quoted, text
from components.stores.databases import engine


class PointInTime(Protocol):
    """What adds to rows what was known at the time of each (`stores.features`)."""

    def complete(self, rows: Path, event_time: str, lookups: Sequence[Lookup], into: Path) -> None:
        """Write the rows of a Parquet file with the columns that are looked up."""


def skew(
    predictions: Path,
    lookups: Sequence[Lookup],
    views: Sequence[ViewSummary],
    features: PointInTime,
    scratch: Path,
) -> SkewReport:
    """Look the features of logged predictions up again, as of the time of each, and compare them exactly.

    A difference has one of three causes: the value was not online yet, the request gave another one, or the two ways do
    not compute the same. The first is bounded by the schedule of the materialization; the last is a fault.

    Args:
        predictions: A Parquet file in the log's form (`contracts.prediction`).
        lookups: What the use case looks up.
        views: What the feature store says of the views.
        features: The feature store.
        scratch: A folder for the rows.

    Raises:
        StoreError: The feature store cannot be read.
    """
    backend = engine()
    try:
        logged = f"read_parquet({text(str(predictions))})"
        held = [name for name, *_ in backend.con.execute(f"DESCRIBE SELECT * FROM {logged}").fetchall()]
        known = {view.name: view for view in views}
        keys = dict.fromkeys(key for lookup in lookups for key in known[lookup.view].keys)
        chosen = [f"{_logged(key, held)} AS {quoted(key)}" for key in keys]
        columns = ", ".join([quoted(ID), quoted(TIME), *chosen])
        backend.con.execute(f"COPY (SELECT {columns} FROM {logged}) TO {text(str(scratch / 'rows.parquet'))}")
        features.complete(scratch / "rows.parquet", TIME, lookups, scratch / "offline.parquet")
        names = [name for lookup in lookups for name in lookup.columns if INPUTS + name in held]
        offline = f"read_parquet({text(str(scratch / 'offline.parquet'))})"
        pairs = f"{logged} served JOIN {offline} again USING ({quoted(ID)})"
        counts = ", ".join(_unequal(name) for name in names)
        ((rows, *unequal),) = backend.con.execute(f"SELECT count(*), {counts} FROM {pairs}").fetchall()
    finally:
        backend.disconnect()
    told = tuple(ColumnSkew(column=name, unequal=count) for name, count in zip(names, unequal, strict=True))
    return SkewReport(rows=rows, columns=told)


def _logged(key: str, held: Sequence[str]) -> str:
    """A key of the request: among the keys of the row, or among the model's inputs."""
    places = [quoted(prefix + key) for prefix in (KEYS, INPUTS) if prefix + key in held]
    return f"coalesce({', '.join(places)})" if places else "NULL"


def _unequal(name: str) -> str:
    return f"count(*) FILTER (served.{quoted(INPUTS + name)} IS DISTINCT FROM again.{quoted(name)})"
