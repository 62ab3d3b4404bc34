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
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.logged import SCHEMA, row
from bench.served import READINGS, write_log


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


WAYS: dict[str, Callable[[Path, int], dict[str, float]]] = {
    "a bare write of as many bytes": floor,
    "the log": ours,
    "the log, shipping all the time": lambda folder, rows: ours(folder, rows, tick=0.01),
    "the log, flushed each second": lambda folder, rows: ours(folder, rows, "second"),
    "the log, flushed before the answer": lambda folder, rows: ours(folder, min(rows, 2_000), "power"),
    "the log, 100 rows at once": lambda folder, rows: ours(folder, rows, size=100),
    "SQLite, a transaction each": sqlite,
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
