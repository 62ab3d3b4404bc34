"""Statistics, schema and drift on many rows: ours, a bare DuckDB scan, the pandas way, and evidently in its own environment.

python -m bench.analysis --rows 3000000 30000000

Flights are replicated with jitter into one Parquet file. Each contestant runs in a process of its own; seconds and
memory are of its work, imports apart. Ratios are of ours to each of the others.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import others
from bench.source import flights_folder

REFERENCE_ROWS = 336_776
KEY = ["id"]
DOMAIN = ["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV"]
JITTERED = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")
MEMORY_CAP = 14 * 2**30
"""Of a contestant's address space, in bytes: the machine is shared."""


def write_flights(path: Path, rows: int) -> None:
    """Flights over and over, their measurements and times moved a little each time."""
    import duckdb

    source = flights_folder() / "flights.csv.zip"
    connection = duckdb.connect()
    connection.register("flights", _read(source))
    columns = [row[0] for row in connection.execute("describe flights").fetchall()]
    moved = [
        f'CAST("{name}" AS DOUBLE) + random() * 2 - 1 AS "{name}"'
        if name in JITTERED
        else f'CAST("{name}" AS TIMESTAMPTZ) + to_microseconds(CAST(random() * 3.6e9 AS BIGINT)) AS "{name}"'
        if name == "time_hour"
        else f'"{name}"'
        for name in columns
    ]
    times = -(-rows // REFERENCE_ROWS)
    connection.execute("SELECT setseed(0.5)")
    connection.execute(
        f"COPY (SELECT {', '.join(moved)}, row_number() OVER () AS id FROM flights, range({times}) LIMIT {rows}) "  # noqa: S608
        f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    )


def _read(source: Path) -> Any:
    import pandas as pd

    return pd.read_csv(source)


# ---- contestants: each imports, then returns its work --------------------------------


def ours(path: Path, reference: Path, scratch: Path) -> Callable[[], object]:
    """The step's own function, against the statistics of a reference."""
    from components.analysis.examination import examine
    from components.analysis.rows import open_rows, type_of
    from components.analysis.statistics import describe
    from components.contracts.schema import Column, TableSchema
    from components.contracts.sections import Analysis, Table

    rows = open_rows(str(path), str(scratch))
    known = {"month": {"min": 1, "max": 12}, "distance": {"min": 0}, "carrier": {"domain": DOMAIN}}
    schema = TableSchema(
        columns=tuple(
            Column(name=name, type=type_of(rows[name]), nullable=name not in KEY, **known.get(name, {}))
            for name in rows.columns
        )
    )
    table = Table(task="regression", label="arr_delay", event_time="time_hour", key=tuple(KEY))
    before = describe(open_rows(str(reference), str(scratch)), schema, Analysis(), "reference")
    return lambda: examine(rows, "current", table, schema, Analysis(), before)


def duckdb_scan(path: Path, reference: Path, scratch: Path) -> Callable[[], object]:
    """The same aggregates by DuckDB's own functions, in one query; no drift."""
    import duckdb

    connection = duckdb.connect(config={"temp_directory": str(scratch)})
    rows = f"read_parquet('{path}')"
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}  # noqa: S608
    asked = ["count(*)", *(f'count(DISTINCT "{name}")' for name in KEY)]
    for name, kind in types.items():
        asked += [f'count("{name}")', f'approx_count_distinct("{name}")', f'approx_top_k("{name}", 20)']
        number = f'epoch_us("{name}") / 1e6' if kind.startswith("TIMESTAMP") else f'"{name}"'
        if kind == "VARCHAR":
            continue
        low, high = connection.execute(f"SELECT min({number}), max({number}) FROM {rows}").fetchone()  # noqa: S608
        edges = [low + (high - low) * share / 20 for share in range(1, 21)]
        asked += [
            f"min({number}), max({number}), avg({number}), stddev_pop({number}), count(*) FILTER ({number} = 0)",
            f"approx_quantile({number}, {[share / 20 for share in range(21)]})",
            f"histogram(CAST({number} AS DOUBLE), {edges}::DOUBLE[])",
        ]
    asked += [
        "count(*) FILTER (month < 1), count(*) FILTER (month > 12), count(*) FILTER (distance < 0)",
        f"count(*) FILTER (carrier NOT IN {tuple(DOMAIN)})",
    ]
    query = f"SELECT {', '.join(asked)} FROM {rows}"  # noqa: S608
    return lambda: connection.execute(query).fetchall()


def pandas_scipy(path: Path, reference: Path, scratch: Path) -> Callable[[], object]:
    """The rows in memory: describe, nunique, value_counts, masks, and two-sample tests."""
    import numpy as np
    import pandas as pd
    from scipy.stats import ks_2samp, wasserstein_distance

    def work() -> object:
        now, before = pd.read_parquet(path), pd.read_parquet(reference)
        found: dict[str, Any] = {"repeated": now.duplicated(KEY).sum()}
        for name in now.columns:
            column, was = now[name], before[name]
            found[name] = [column.isna().sum(), column.nunique(), column.value_counts().head(20)]
            if column.dtype == object:
                continue
            number = (column.astype("int64") / 1e6 if column.dtype.kind == "M" else column).dropna()
            older = (was.astype("int64") / 1e6 if was.dtype.kind == "M" else was).dropna()
            found[name] += [
                number.describe(percentiles=[share / 20 for share in range(1, 20)]),
                np.isinf(number).sum(),
                (number == 0).sum(),
                np.histogram(number, bins=20),
                ks_2samp(older, number),
                wasserstein_distance(older, number),
            ]
        found["rules"] = [
            (now["month"] < 1).sum(),
            (now["month"] > 12).sum(),
            (now["distance"] < 0).sum(),
            (~now["carrier"].isin(DOMAIN)).sum(),
        ]
        return found

    return work


def evidently(path: Path, reference: Path, scratch: Path) -> Callable[[], object]:
    """Evidently's summary and drift presets."""
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset, DataSummaryPreset

    report = Report([DataSummaryPreset(), DataDriftPreset()])
    return lambda: report.run(pd.read_parquet(path), pd.read_parquet(reference))


CONTESTANTS = {"ours": ours, "DuckDB": duckdb_scan, "pandas + scipy": pandas_scipy, "evidently": evidently}


# ---- measuring --------------------------------------------------------------


def measure_here(name: str, path: Path, reference: Path, scratch: Path) -> dict[str, float]:
    """Run one contestant in this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CAP, MEMORY_CAP))
    work = CONTESTANTS[name](path, reference, scratch)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "memory": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory that this process ever held."""
    # Not ru_maxrss: that begins at what the parent process held.
    (line,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    return float(line.split()[1]) / 1000


def measure(name: str, path: Path, reference: Path) -> dict[str, float] | None:
    """Run one contestant in a process of its own; None if it does not fit into memory, or otherwise fails."""
    python = sys.executable if name not in others.WANTED else others.environment(name)
    with TemporaryDirectory() as scratch:
        return others.run(python, "bench.analysis", name, path, reference, scratch) if python else None


def table(rows: int, found: dict[str, dict[str, float] | None]) -> str:
    """The results as Markdown."""
    lines = [
        "| rows | contestant | wall s | CPU s | rows per s | peak MB | wall, ours = 1 | CPU, ours = 1 |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    mine = found["ours"]
    for name, figures in found.items():
        if figures is None or mine is None:
            lines.append(
                f"| {rows:,} | {name} | – | – | – | over {MEMORY_CAP / 2**30:.0f} GiB, or failed | – | – |"
            )
            continue
        lines.append(
            f"| {rows:,} | {name} | {figures['wall']:.1f} | {figures['cpu']:.1f} | {rows / figures['wall']:,.0f} | "
            f"{figures['memory']:,.0f} | {figures['wall'] / mine['wall']:.2f} | {figures['cpu'] / mine['cpu']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every contestant on every size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[3_000_000])
    parser.add_argument("--contestant", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contestant:
        name, *places = chosen.contestant
        print(json.dumps(measure_here(name, *(Path(place) for place in places))))
        return
    with TemporaryDirectory() as folder:
        reference = Path(folder) / "reference.parquet"
        write_flights(reference, REFERENCE_ROWS)
        for rows in chosen.rows:
            path = Path(folder) / "rows.parquet"
            write_flights(path, rows)
            print(
                table(rows, {name: measure(name, path, reference) for name in CONTESTANTS}) + "\n", flush=True
            )


if __name__ == "__main__":
    main()
