"""Ways to read a day of the prediction log, each id once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.logged import SCHEMA, START, row


def write_log(place: Path, rows: int) -> None:
    """A day of predictions in 24 hours and 480 segments, of which one row in a thousand is there twice."""
    whole = pa.Table.from_pylist([row(n) for n in range(10_000)], schema=SCHEMA)
    each = rows // 480
    for segment in range(480):
        numbers = np.arange(each) + segment * each
        numbers[::1000] = np.maximum(numbers[::1000] - 5, 0)
        part = whole.take(pa.array(numbers % 10_000))
        at = pa.array(
            np.datetime64("2013-03-01", "us")
            + (segment * 180_000_000 + np.arange(each) * (180_000_000 // each)).astype("timedelta64[us]"),
            pa.timestamp("us", "UTC"),
        )
        part = part.set_column(0, "id", pa.array([f"0198f7c2-5a1e-7c39-b1a4-{n:012x}" for n in numbers]))
        part = part.set_column(2, "event_time", at)
        hour = place / "bench" / f"hour=2013-03-01T{segment // 20:02d}"
        hour.mkdir(parents=True, exist_ok=True)
        pq.write_table(part, hour / f"w-{segment:08d}.parquet", compression="zstd")


def read_ours(place: Path) -> dict[str, float]:
    """The log's own reading: mean of a column over rows that are there once."""
    from components.stores.served import read_predictions

    started = time.perf_counter()
    table = read_predictions(str(place), "bench", START, START + timedelta(days=1))
    found = table.aggregate(rows=table.count(), mean=table["inputs.n3"].mean(), last=table["inputs.c1"].max())
    return {"rows": found.to_pyarrow().to_pylist()[0]["rows"], "seconds": time.perf_counter() - started}


def read_window(place: Path) -> dict[str, float]:
    """The obvious way: DuckDB reads the files, and a window function numbers the rows of each id."""
    import duckdb

    started = time.perf_counter()
    base = duckdb.connect(config={"memory_limit": "512MB", "temp_directory": str(place / "spill")})
    query = f"""SELECT count(*), avg("inputs.n3"), max("inputs.c1") FROM (SELECT * FROM read_parquet('{place}/bench/*/*.parquet',
        union_by_name = true) QUALIFY row_number() OVER (PARTITION BY id ORDER BY time) = 1)"""  # noqa: S608
    return {"rows": base.execute(query).fetchall()[0][0], "seconds": time.perf_counter() - started}


def read_pandas(place: Path) -> dict[str, float]:
    """All of it in memory."""
    import pandas as pd

    started = time.perf_counter()
    table = pd.read_parquet(place / "bench").sort_values("time").drop_duplicates("id")
    table["inputs.n3"].mean()
    table["inputs.c1"].max()
    return {"rows": len(table), "seconds": time.perf_counter() - started}


READINGS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ours": read_ours,
    "DuckDB, row_number over all": read_window,
    "pandas": read_pandas,
}
