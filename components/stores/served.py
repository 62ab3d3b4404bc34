"""The predictions that were served, to be read: those of a window, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from pyarrow import fs

from components.contracts.errors import StoreError
from components.contracts.prediction import EVENT_TIME, ID, INSTANT, MODEL, TIME, USE_CASE, VERSION
from components.extraction.lean import PARQUET_FORMAT, LeanDataset
from components.stores import objects
from components.stores.databases import engine, make_room
from components.stores.failures import explained
from components.stores.hours import HOUR, between, folder

LOOK_BACK = HOUR
"""How long before the window the first of two predictions with one id is looked for: a caller that asks again, and gives
no event time, may do so in the next hour."""

_ALWAYS = pa.schema(
    [
        (ID, pa.string()),
        (TIME, INSTANT),
        (EVENT_TIME, INSTANT),
        *((name, pa.string()) for name in (USE_CASE, VERSION, MODEL)),
    ]
)
_AT_ONCE = 16
"""Requests to a cloud."""


def read_predictions(
    place: str,
    use_case: str,
    start: datetime,
    end: datetime,
    backend: Any = None,
    look_back: timedelta = LOOK_BACK,
) -> ir.Table:
    """The predictions of `[start, end)` by event time, each id once: its first by `time`.

    Only the hours of the window, and of the look-back before it, are listed and read. The columns are those of all models
    together, null where a model has no such column; where types differ, integers become floats, and anything else text.
    Rows are read when the expression is executed; memory does not grow with them.

    Args:
        place: Address of the log.
        use_case: Whose predictions.
        start: First instant.
        end: The instant after the last.
        backend: An Ibis DuckDB connection to read with, so that the table may be joined with others there.
        look_back: How long before `start` the first of an id is looked for.

    Raises:
        StoreError: The log cannot be read, or a file in it is damaged.
    """
    backend = backend or engine()
    dataset = _dataset(place, [folder(place, use_case, hour) for hour in between(start - look_back, end)])
    make_room(backend, len(dataset.schema))
    name = ibis.util.gen_name("predictions")
    backend.con.register(name, dataset)
    logged = backend.table(name)
    event = logged[EVENT_TIME]
    seen = logged.filter(event >= start - look_back, event < end)
    first = _once(seen, backend)
    return first.filter(first[EVENT_TIME] >= start)


def _once(rows: ir.Table, backend: Any) -> ir.Table:
    """The first row of each id. Repeats are rare: only their rows are sorted, the others flow through."""
    counted = rows.group_by(mark=rows[ID].hash()).aggregate(rows=rows.count())
    name = ibis.util.gen_name("repeated")
    backend.create_table(name, counted.filter(counted.rows > 1).select("mark"), temp=True)
    repeated = backend.table(name)
    if not repeated.count().to_pyarrow().as_py():
        return rows
    single = rows.anti_join(repeated, rows[ID].hash() == repeated.mark)
    several = rows.semi_join(repeated, rows[ID].hash() == repeated.mark)
    number = ibis.row_number().over(group_by=ID, order_by=[TIME, MODEL])
    firsts = several.mutate(number=number).filter(ibis._.number == 0).drop("number")
    return single.union(firsts)


def _dataset(place: str, folders: Sequence[str]) -> LeanDataset:
    system, _ = objects.locate(place)
    with ThreadPoolExecutor(_AT_ONCE) as pool, explained(place, "read"):
        listed = pool.map(lambda folder: _files(system, objects.locate(folder)[1]), folders)
        fragments = [PARQUET_FORMAT.make_fragment(path, system) for paths in listed for path in paths]
        try:
            schemas = list(pool.map(lambda fragment: fragment.physical_schema, fragments))
        except pa.ArrowInvalid as error:
            raise StoreError(
                f"{place} holds a file that is not Parquet, or is cut off: {error}; remove it"
            ) from error
    return LeanDataset(fragments, united([_ALWAYS, *schemas]), PARQUET_FORMAT, system)


def _files(system: fs.FileSystem, path: str) -> list[str]:
    found = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return sorted(
        info.path
        for info in found
        if info.base_name.endswith(".parquet") and not info.base_name.startswith(".")
    )


def united(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """The columns of all schemas, in the order they first occur."""
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            types[field.name] = _common(types.get(field.name, field.type), field.type)
    return pa.schema(list(types.items()))


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other:
        return one
    numbers = {one, other} <= {pa.int64(), pa.float64()}
    return pa.float64() if numbers else pa.string()
