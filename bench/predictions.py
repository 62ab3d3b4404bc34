"""The prediction log: what an answer waits for, how fast rows are shipped and read, and in how much memory.

    python -m bench.predictions --rows 100000 --read-rows 5000000

Each way runs in a process of its own. Written are rows of 31 columns, one append each, on the disk of the temporary folder;
shipping goes on meanwhile. The floor writes ready-made bytes of the same length to a file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2013, 3, 1, tzinfo=UTC)
NUMBERS = tuple(f"inputs.n{i}" for i in range(16))
TEXTS = tuple(f"inputs.c{i}" for i in range(6))
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        ("event_time", pa.timestamp("us", "UTC")),
        *((name, pa.string()) for name in ("use_case", "version", "model")),
        *((name, pa.float64()) for name in NUMBERS),
        *((name, pa.string()) for name in TEXTS),
        ("outputs.label", pa.bool_()),
        ("outputs.probability.false", pa.float64()),
        ("outputs.probability.true", pa.float64()),
    ]
)


def row(number: int) -> dict[str, Any]:
    """One prediction, as the predictor has it."""
    at = START + timedelta(milliseconds=10 * number)
    return {
        "id": f"0198f7c2-5a1e-7c39-b1a4-{number:012x}",
        "time": at,
        "event_time": at,
        "use_case": "bench",
        "version": "1",
        "model": "5f" * 32,
        **{name: number * 0.37 + place for place, name in enumerate(NUMBERS)},
        **dict.fromkeys(TEXTS, f"v{number % 50}"),
        "outputs.label": True,
        "outputs.probability.false": 0.25,
        "outputs.probability.true": 0.75,
    }


def timed(append: Callable[[Any], Any], items: list[Any]) -> dict[str, float]:
    """Quantiles of the time of an append in µs, and appends per second."""
    waits = np.empty(len(items))
    for place, item in enumerate(items):
        started = time.perf_counter()
        append(item)
        waits[place] = time.perf_counter() - started
    p50, p99, p999 = np.quantile(waits, [0.5, 0.99, 0.999]) * 1e6
    return {"p50": p50, "p99": p99, "p99.9": p999, "per_second": len(items) / waits.sum()}


def floor(folder: Path, rows: int) -> dict[str, float]:
    """Ready-made bytes, one write each."""
    with (folder / "floor").open("xb", buffering=0) as file:
        return timed(file.write, [b"x" * 740] * rows)


def sqlite(folder: Path, rows: int) -> dict[str, float]:
    """A transaction each, in SQLite's write-ahead mode without flushes: it outlives the process too."""
    base = sqlite3.connect(folder / "log.db", isolation_level=None)
    base.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
    columns = ", ".join(f'"{name}"' for name in SCHEMA.names)
    base.execute(f"CREATE TABLE log ({columns})")
    insert = f"INSERT INTO log VALUES ({', '.join('?' * len(SCHEMA))})"  # noqa: S608
    items = [[str(v) if isinstance(v, datetime) else v for v in row(n).values()] for n in range(rows)]
    return timed(lambda values: base.execute(insert, values), items)


def ours(
    folder: Path, rows: int, durability: str = "process", size: int = 1, tick: float = 1.0
) -> dict[str, float]:
    """The log, and then how fast it ships what is left and what was shipped meanwhile."""
    from components.stores.journal import Limits
    from components.stores.predictions import PredictionLog
    from components.stores.shipping import Pace

    limits = Limits(durability=durability)  # type: ignore[arg-type]
    log = PredictionLog(folder / "journal", str(folder / "log"), "bench", limits=limits, pace=Pace(tick=tick))
    if size == 1:
        found = timed(lambda one: log.append_rows([one], SCHEMA), [row(n) for n in range(rows)])
    else:
        batches = [
            pa.RecordBatch.from_pylist([row(n + k) for k in range(size)], schema=SCHEMA)
            for n in range(0, rows, size)
        ]
        found = timed(log.append, batches)
    left, started = log.tally.pending_rows, time.perf_counter()
    log.close(600)
    if log.tally.shipped_rows != rows:
        raise SystemExit(f"{log.tally.shipped_rows} of {rows} rows were shipped")
    return {**found, "shipped_per_second": left / (time.perf_counter() - started)}


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


WAYS: dict[str, Callable[[Path, int], dict[str, float]]] = {
    "a bare write of as many bytes": floor,
    "the log": ours,
    "the log, shipping all the time": lambda folder, rows: ours(folder, rows, tick=0.01),
    "the log, flushed each second": lambda folder, rows: ours(folder, rows, "second"),
    "the log, flushed before the answer": lambda folder, rows: ours(folder, min(rows, 2_000), "power"),
    "the log, 100 rows at once": lambda folder, rows: ours(folder, rows, size=100),
    "SQLite, a transaction each": sqlite,
}
READINGS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ours": read_ours,
    "DuckDB, row_number over all": read_window,
    "pandas": read_pandas,
}


def measured(way: str, folder: Path, rows: int) -> dict[str, float]:
    """What a process measured, with its peak memory in MB above what its imports take."""
    words = [
        sys.executable,
        "-m",
        "bench.predictions",
        "--only",
        way,
        "--folder",
        str(folder),
        "--rows",
        str(rows),
    ]
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    return dict(json.loads(told.splitlines()[-1]))


def peak() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def only(way: str, folder: Path, rows: int) -> None:
    """Measure one way in this process and print it."""
    import components.stores.predictions
    import components.stores.served  # noqa: F401

    found = WAYS[way](folder, rows) if way in WAYS else READINGS[way](folder)
    print(json.dumps({**found, "peak": peak()}))


def print_writing(place: Path, rows: int) -> None:
    """Print a Markdown table of appending."""
    print(f"{rows:,} rows of {len(SCHEMA)} columns, {os.cpu_count()} cores\n")
    print("| | p50, µs | p99, µs | p99.9, µs | p50, floor = 1 | appends/s | shipped rows/s | peak MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    least = None
    for way in WAYS:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            found = measured(way, Path(folder), rows)
        least = least or found["p50"]
        shipped = f"{found['shipped_per_second']:,.0f}" if "shipped_per_second" in found else ""
        print(
            f"| {way} | {found['p50']:.1f} | {found['p99']:.1f} | {found['p99.9']:.0f} | {found['p50'] / least:.1f} "
            f"| {found['per_second']:,.0f} | {shipped} | {found['peak']:,.0f} |",
            flush=True,
        )


def print_reading(place: Path, rows: int) -> None:
    """Print a Markdown table of reading."""
    write_log(place, rows)
    print(f"\n{rows:,} rows in 480 segments of a day, one in a thousand twice\n")
    print("| | rows | seconds | ours = 1 | peak MB |\n|---|---:|---:|---:|---:|")
    least = None
    for way in READINGS:
        found = measured(way, place, rows)
        least = least or found["seconds"]
        print(
            f"| {way} | {found['rows']:,} | {found['seconds']:.1f} | {found['seconds'] / least:.1f} | {found['peak']:,.0f} |",
            flush=True,
        )


def main() -> None:
    """Measure every way, and print Markdown tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--read-rows", type=int, default=5_000_000)
    arguments.add_argument("--only")
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
    if given.only:
        only(given.only, given.folder, given.rows)
        return
    with tempfile.TemporaryDirectory() as place:
        print_writing(Path(place), given.rows)
    if given.read_rows:
        with tempfile.TemporaryDirectory() as place:
            print_reading(Path(place), given.read_rows)


if __name__ == "__main__":
    main()
