"""One row by its keys beside the same row with all features given, and ways to read Feast's online store.

    python -m bench.lookup --requests 2000

The model of `bench.serving`, whose twenty numbers are looked up in three views of 1,000 keys each, in SQLite.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.serving import V1, Contender, asked, fitted, in_turn, running, v1
from bench.training import CATEGORIES, NUMBERS
from components.contracts.features import KeyedView
from components.contracts.sections import Lookup
from components.settings import Settings
from components.stores.features import Features
from components.stores.online import OnlineFeatures

KEYS = 1_000
VIEWS = {
    "customers": ("customer", NUMBERS[:7]),
    "shops": ("shop", NUMBERS[7:14]),
    "goods": ("good", NUMBERS[14:]),
}
CONFIGURATION = """
project: bench
provider: local
registry: ${EVERGREEN_HOME}/features/registry.db
offline_store: {type: components.features.offline.AsofOfflineStore, data: "${EVERGREEN_DATA}"}
online_store: {type: sqlite, path: "${EVERGREEN_HOME}/features/online.db"}
materialization: {pull_latest_features: true}
entity_key_serialization_version: 3
"""
VIEW = """
KEY = Entity(name="KEY", join_keys=["KEY"], value_type=ValueType.STRING)
NAME = FeatureView(
    name="NAME", entities=[KEY], ttl=timedelta(days=1),
    schema=[Field(name="KEY", dtype=String), *(Field(name=name, dtype=Float64) for name in COLUMNS)],
    source=FileSource(name="NAME_rows", path="PATH", timestamp_field="seen"),
)
"""
IMPORTS = """
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, String
"""


def store(folder: Path) -> tuple[Settings, Features]:
    """A feature store with the latest values of every key online."""
    repository, now = folder / "features", datetime.now(UTC)
    repository.mkdir()
    (repository / "feature_store.yaml").write_text(CONFIGURATION)
    text = IMPORTS
    random = np.random.default_rng(0)
    for name, (key, columns) in VIEWS.items():
        values = {column: random.normal(size=KEYS) for column in columns}
        rows = {key: [f"{key}-{i}" for i in range(KEYS)], "seen": pa.array([now] * KEYS), **values}
        path = folder / f"{name}.parquet"
        pq.write_table(pa.table(rows), path)
        told = {"NAME": name, "KEY": key, "COLUMNS": repr(columns), "PATH": str(path)}
        part = VIEW
        for word, value in told.items():
            part = part.replace(word, value)
        text += part
    (repository / "views.py").write_text(text)
    settings = Settings(home=folder / "home", data=str(folder), features=str(repository), _env_file=None)
    features = Features(settings)
    features.apply()
    for name in VIEWS:
        features.materialize(name, None, now + timedelta(minutes=1))
    return settings, features


def model(folder: Path, views: tuple[KeyedView, ...]) -> tuple[Path, dict[str, Any]]:
    """The model's folder, and a row with all that it takes."""
    _, rows = fitted(folder, views)
    return folder / "model", asked(rows, 1)[0]


def readers(
    features: Features, online: OnlineFeatures, views: tuple[KeyedView, ...]
) -> dict[str, Callable[[], Any]]:
    """Ways to read one row's features of all views."""
    keys = {key: f"{key}-7" for key, _ in VIEWS.values()}
    names = [f"{view.name}:{column}" for view in views for column in view.columns]

    def ours() -> None:
        for view in views:
            online.read(view, [{name: keys[name] for name in view.keys}])

    def feasts() -> None:
        features._store.get_online_features(names, [keys]).to_dict()

    return {"the online store alone": ours, "Feast's get_online_features": feasts}


def timed(read: Callable[[], Any], times: int) -> tuple[float, float]:
    """Milliseconds at p50 and p99."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        read()
        found.append((time.perf_counter() - started) * 1e3)
    found.sort()
    return found[times // 2], found[int(times * 0.99)]


def main() -> None:
    """Measure, and print Markdown tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=2_000)
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        settings, features = store(folder)
        views = features.keyed([Lookup(view=name, columns=columns) for name, (_, columns) in VIEWS.items()])
        ways = readers(features, OnlineFeatures(features.folder, settings), views)
        print("| three views, one row each | p50, ms | p99, ms |\n|---|---:|---:|")
        for title, read in ways.items():
            timed(read, 100)
            print("| {} | {:.3f} | {:.3f} |".format(title, *timed(read, given.requests)))
        servers = []
        address, row = model(folder, views)
        keyed = {name: row[name] for name in CATEGORIES} | {key: f"{key}-7" for key, _ in VIEWS.values()}
        for port, (title, body) in enumerate({"all features given": row, "keys only": keyed}.items(), 28_300):
            told = {"MODEL": str(address), "NAME": "bench", "PORT": str(port), "HOST": "127.0.0.1"}
            told |= {"LOG": str(folder / "log"), "FEATURES": settings.features}
            home = {"EVERGREEN_HOME": str(settings.home)}
            words = [sys.executable, "-m", "components.serving.predictor"]
            contender = Contender(
                title,
                words,
                home | {f"EVERGREEN_SERVING_{key}": value for key, value in told.items()},
                V1,
                "/v2/health/ready",
                {1: v1([body])},
            )
            stack.enter_context(running(contender, folder, port))
            servers.append((port, contender))
        for clients in (1, 8):
            print(
                f"\n| one row, {clients} client(s) | requests/s | p50, ms | p99, ms |\n|---|---:|---:|---:|"
            )
            for title, speed in in_turn(servers, 1, clients, given.requests).items():
                print(f"| {title} | {speed.per_second:,.0f} | {speed.p50_ms:.2f} | {speed.p99_ms:.2f} |")


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()
