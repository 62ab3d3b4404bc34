"""Monitoring of many logged rows: drift and feed of every input, in bounded memory; evidently beside it on what it holds.

python -m bench.monitoring --rows 3000000 30000000

Flights are logged over and over, their weather moved a little each time. Each contestant runs in a process of its own;
seconds and memory are of its work, imports apart.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.analysis import MEMORY_CAP, _peak_mb

PER_COPY = 327_346
MOVED = ("temp", "dewp", "humid", "wind_speed", "pressure")


def write_log(folder: Path, rows: int) -> None:
    """`reference.parquet` (a year of flights) and `served.parquet` (so many rows) in the form of the log."""
    from components.extraction.sources import source
    from components.stores.databases import engine
    from pipelines import library

    entry = library.load("flights")
    library.bring_data(entry.path, str(folder))
    features = [*entry.case.preparation.features.numeric, *entry.case.preparation.features.categorical]
    source(entry.case.extraction, str(folder), entry.schema).to_parquet(folder / "flights.parquet")
    engine_ = engine()
    engine_.raw_sql("SELECT setseed(0.5)")
    same = [f'"{name}" AS "inputs.{name}"' for name in features if name not in MOVED]
    fixed = ", ".join([*same, *(f'"{name}" AS "inputs.{name}"' for name in MOVED)])
    jitter = ", ".join([*same, *(f'"{name}" + random() - 0.5 AS "inputs.{name}"' for name in MOVED)])
    rest = (
        "late AS truth, epoch_us(scheduled_departure) // 86400000000 AS day, "
        'random() AS "outputs.probability.true", 0.5 AS "outputs.probability.false"'
    )
    flights = f"read_parquet('{folder / 'flights.parquet'}')"
    copies = -(-rows // PER_COPY)
    for name, columns, many in (("reference", fixed, 1), ("served", jitter, copies)):
        engine_.raw_sql(
            f"COPY (SELECT {columns}, {rest} FROM {flights}, range({many}) LIMIT {rows if many > 1 else PER_COPY}) "  # noqa: S608
            f"TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )


def ours(folder: Path) -> float:
    """The drift step's own function; seconds."""
    from components.contracts.model import ModelManifest, inputs_of
    from components.contracts.monitoring import CollectionReport
    from components.contracts.watching import Monitoring
    from components.monitoring.movement import moved
    from components.stores.databases import engine
    from pipelines import library

    entry = library.load("flights")
    manifest = ModelManifest(
        task="classification",
        label="late",
        classes=(False, True),
        positive=True,
        inputs=inputs_of(entry.case.preparation.features, entry.schema),
        algorithm="gradient-boosting",
        snapshot="",
    )
    backend = engine()
    served, reference = (
        backend.read_parquet(str(folder / f"{name}.parquet")) for name in ("served", "reference")
    )
    start, end = datetime(2013, 1, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
    collected = CollectionReport(use_case="flights", start=start, end=end, version="1", model="", rows=1)
    began = time.perf_counter()
    moved(served, reference, manifest, entry.schema, entry.case.evaluation.slices, Monitoring(), collected)
    return time.perf_counter() - began


def evidently(folder: Path) -> float:
    """Evidently's drift preset; seconds."""
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    began = time.perf_counter()
    frames = [pd.read_parquet(folder / f"{name}.parquet") for name in ("served", "reference")]
    Report([DataDriftPreset()]).run(*frames)
    return time.perf_counter() - began


CONTESTANTS = {"ours": ours, "evidently": evidently}


def measure_here(name: str, folder: Path) -> dict[str, float]:
    """Run one contestant in this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CAP, MEMORY_CAP))
    cpu = time.process_time()
    wall = CONTESTANTS[name](folder)
    return {"wall": wall, "cpu": time.process_time() - cpu, "memory": _peak_mb()}


def main() -> None:
    """Measure every contestant on every size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[3_000_000])
    parser.add_argument("--contestant", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contestant:
        print(json.dumps(measure_here(chosen.contestant[0], Path(chosen.contestant[1]))))
        return
    names = [name for name in CONTESTANTS if name == "ours" or importlib.util.find_spec(name)]
    print("| rows | contestant | wall s | CPU s | rows per CPU s | peak MB |\n|---:|---|---:|---:|---:|---:|")
    for rows in chosen.rows:
        with TemporaryDirectory() as folder:
            write_log(Path(folder), rows)
            for name in names:
                print(_line(rows, name, folder), flush=True)


def _line(rows: int, name: str, folder: str) -> str:
    command = [sys.executable, "-m", "bench.monitoring", "--contestant", name, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        return f"| {rows:,} | {name} | – | – | – | over {MEMORY_CAP / 2**30:.0f} GiB, or failed |"
    found = json.loads(done.stdout.splitlines()[-1])
    return (
        f"| {rows:,} | {name} | {found['wall']:.1f} | {found['cpu']:.1f} | {rows / found['cpu']:,.0f} | "
        f"{found['memory']:,.0f} |"
    )


if __name__ == "__main__":
    main()
