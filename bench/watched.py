"""A window of many logged predictions to judge: flights that a real champion answered, over and over, in the log's hours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from components.settings import Settings

TRAINED, START, END = (datetime(2013, month, day, tzinfo=UTC) for month, day in ((3, 1), (3, 4), (4, 1)))
"""When the champion was trained, and the window: four weeks."""
PART = 2_000_000
"""Rows that are drawn at a time."""


def settings_of(folder: Path) -> Settings:
    """Where things are kept."""
    return Settings(home=folder / "home", data=str(folder / "data"), serving="none", _env_file=None)


def train(folder: Path) -> None:
    """The champion, by the real pipeline."""
    environment = {
        "EVERGREEN_HOME": str(folder / "home"),
        "EVERGREEN_DATA": str(folder / "data"),
        "EVERGREEN_SERVING": "none",
    }
    words = ["run", "flights", "--as-of", f"{TRAINED:%Y-%m-%d}", "--set", "training.search=null"]
    words += ["--build", str(folder / "build")]
    evergreen = str(Path(sys.executable).with_name("evergreen"))
    subprocess.run([evergreen, *words], check=True, capture_output=True, env={**os.environ, **environment})  # noqa: S603


def answered(folder: Path) -> pa.Table:
    """The window's flights with the champion's answers and what came of them, in the form of the log."""
    from components.contracts.prediction import INPUTS
    from components.monitoring.served import answers
    from components.recording.serving import serving
    from components.stores.features import Features
    from components.stores.registry import Registry
    from components.stores.runs import Runs
    from pipelines import library
    from pipelines.replaying.rows import recorded, whole

    settings, entry = settings_of(folder), library.load("flights")
    champion = serving(Registry(Runs(settings), "flights")).champion()
    time = str(entry.case.table.event_time)
    rows = recorded(whole(entry, settings.data, Features(settings)), time)(START, END)
    rows = rows.filter(rows[entry.case.table.label].is_valid())
    inputs = [column.name for column in champion.model.manifest.inputs]
    scores = np.asarray(champion.model.scores(rows))
    return pa.table(
        {
            "event_time": rows[time].cast(pa.timestamp("us", "UTC")),
            "use_case": pa.array(["flights"] * rows.num_rows),
            "version": pa.array([champion.version] * rows.num_rows),
            "model": pa.array([champion.digest] * rows.num_rows),
            **{INPUTS + name: rows[name] for name in inputs},
            "outputs.label": pa.array(scores[:, 1] > 0.5),
            **answers(scores, champion.model.manifest),
            "truth": rows[entry.case.table.label],
        }
    )


@contextmanager
def month(trained: Path, rows: int) -> Iterator[Path]:
    """A folder with so many predictions, beside the champion that made them; they are removed afterwards."""
    for name in ("log", "truth"):
        (trained / name).mkdir()
    try:
        write(trained, rows)
        reference(trained)
        yield trained
    finally:
        for name in ("log", "truth"):
            shutil.rmtree(trained / name)


def write(folder: Path, rows: int) -> None:
    """So many predictions by hour of event time under `log/`, each with its own id and instant; their labels under `truth/`."""
    from components.stores.databases import engine

    backend: Any = engine()
    backend.raw_sql("SET memory_limit = '2GB'")
    backend.con.register("answered", answered(folder))
    backend.raw_sql("SELECT setseed(0.5)")
    for part, first in enumerate(range(0, rows, PART)):
        many = min(PART, rows - first)
        backend.raw_sql(
            "CREATE OR REPLACE TABLE drawn AS SELECT 'p' || lpad(CAST(range + "  # noqa: S608
            f"{first} AS VARCHAR), 20, '0') AS id, date_trunc('hour', event_time) + to_microseconds(CAST(random() * 3.599e9 AS BIGINT)) "
            "AS event_time, a.* EXCLUDE (event_time, row) FROM (SELECT range, CAST(floor(random() * n) AS BIGINT) AS row FROM "
            f"range({many}), (SELECT count(*) AS n FROM answered)) JOIN (SELECT *, row_number() OVER () - 1 AS row FROM answered) a USING (row)"
        )
        backend.raw_sql(
            "COPY (SELECT * EXCLUDE (truth), event_time + INTERVAL 5 MILLISECOND AS time, "  # noqa: S608
            "strftime(event_time AT TIME ZONE 'UTC', '%Y-%m-%dT%H') AS hour FROM drawn) "
            f"TO '{folder / 'log' / 'flights'}' (FORMAT parquet, PARTITION_BY (hour), APPEND, FILENAME_PATTERN 'part-{part}-{{uuid}}')"
        )
        backend.raw_sql(
            "COPY (SELECT id AS prediction, truth AS late, event_time + INTERVAL 6 HOUR AS landed FROM drawn) "  # noqa: S608
            f"TO '{folder / 'truth' / f'{part}.parquet'}' (FORMAT parquet)"
        )


def reference(folder: Path) -> None:
    """`reference.parquet`: the champion's held-out rows with its answers, for contestants that are given a frame."""
    from components.monitoring.reference import write_reference
    from components.recording.serving import serving
    from components.stores.registry import Registry
    from components.stores.runs import Runs
    from pipelines import library

    settings = settings_of(folder)
    champion = serving(Registry(Runs(settings), "flights")).champion()
    table = library.load("flights").case.table
    write_reference(champion.model, table, settings.store_uri(), folder / "reference.parquet")
