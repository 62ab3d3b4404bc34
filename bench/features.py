"""The point-in-time join beside Feast's stock DuckDB store: seconds, CPU and peak memory, each in a process of its own.

python -m bench.features --rows 300000 --views 1
python -m bench.features --rows 10000000 --views 5 --stores asof
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

STORES = {"stock": "duckdb", "asof": "components.features.offline.AsofOfflineStore"}

DEFINITIONS = """
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

thing = Entity(name="thing", join_keys=["k"], value_type=ValueType.INT64)
place = Entity(name="place", join_keys=["p"], value_type=ValueType.INT64)
{views}
"""
VIEW = """
view_{i} = FeatureView(
    name="view_{i}", entities=[{entities}], ttl=timedelta(hours=6),
    schema=[Field(name="k", dtype=Int64), {place} Field(name="value_{i}", dtype=Float64), Field(name="other_{i}", dtype=Float64)],
    source=FileSource(name="source_{i}", path="{folder}/view_{i}.parquet", timestamp_field="seen"),
)
"""


def lay_out(folder: Path, rows: int, views: int, value_rows: int, keys: int) -> None:
    """Rows over a year and views that change at random instants; every second view has a composite key."""
    connection = duckdb.connect()
    year = 365 * 86_400
    instant = f"TIMESTAMPTZ '2013-01-01 00:00:00Z' + to_seconds((random() * {year})::BIGINT)"
    # A composite key has four places to a thing. Equal times of one key are for each store to break: there are none.
    thing, place = f"(random() * {keys})::BIGINT AS k", "(random() * 4)::BIGINT AS p"
    connection.execute(
        f"COPY (SELECT range AS row, {thing}, {place}, {instant} AS event_timestamp FROM range({rows})) "
        f"TO '{folder}/rows.parquet'"
    )
    text = ""
    for i in range(views):
        composite = i % 2 == 1
        columns, of = (f"{thing}, {place}", "k, p") if composite else (thing, "k")
        connection.execute(
            f"COPY (SELECT DISTINCT ON ({of}, seen) {columns}, {instant} AS seen, random() AS value_{i}, "
            f"random() AS other_{i} FROM range({value_rows})) "
            f"TO '{folder}/view_{i}.parquet'"
        )
        text += VIEW.format(
            i=i,
            folder=folder,
            entities="thing, place" if composite else "thing",
            place='Field(name="p", dtype=Int64),' if composite else "",
        )
    (folder / "views.py").write_text(DEFINITIONS.format(views=text))


def retrieve(folder: Path, store: str, views: int) -> dict[str, float]:
    """Complete the rows with every view, in this process; what it took and sums by which results are compared."""
    import pandas as pd
    from feast import FeatureStore, RepoConfig

    from components.features.definitions import apply, read

    config = RepoConfig(
        project="bench",
        provider="local",
        registry=str(folder / f"{store}.db"),
        offline_store={"type": STORES[store]},
        online_store={"type": "sqlite", "path": str(folder / f"{store}-online.db")},
        entity_key_serialization_version=3,
        repo_path=folder,
    )
    feast = FeatureStore(config=config)
    apply(feast, read(folder, "bench"))
    names = [f"view_{i}:{kind}_{i}" for i in range(views) for kind in ("value", "other")]
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    out = folder / f"{store}.parquet"
    if store == "asof":
        rows = f"SELECT * FROM read_parquet('{folder}/rows.parquet')"
        feast.get_historical_features(rows, names).to_parquet(out)
    else:
        frame = pd.read_parquet(folder / "rows.parquet")
        feast.get_historical_features(frame, names).to_df().to_parquet(out)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": time.perf_counter() - started,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "memory": after.ru_maxrss / 1000,
    }


def different(folder: Path, views: int) -> int:
    """Rows in which the two stores found other values."""
    connection = duckdb.connect()
    unequal = " OR ".join(f"a.value_{i} IS DISTINCT FROM s.value_{i}" for i in range(views))
    query = f"SELECT count(*) FROM read_parquet('{folder}/asof.parquet') a JOIN read_parquet('{folder}/stock.parquet') s USING (row) WHERE {unequal}"
    return int(connection.sql(query).fetchall()[0][0])


def main() -> None:
    """Measure each store in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--views", type=int, default=1)
    parser.add_argument("--value-rows", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=1_000)
    parser.add_argument("--stores", nargs="+", default=list(STORES))
    parser.add_argument("--inside", nargs=2)
    asked = parser.parse_args()
    if asked.inside:
        print(json.dumps(retrieve(Path(asked.inside[0]), asked.inside[1], asked.views)))
        return
    with tempfile.TemporaryDirectory(prefix="evergreen-bench-") as place:
        folder = Path(place)
        lay_out(folder, asked.rows, asked.views, asked.value_rows, asked.keys)
        print(
            f"{asked.rows:,} rows, {asked.views} views of {asked.value_rows:,} values, {asked.keys:,} keys\n"
        )
        print("| store | wall s | CPU s | peak memory MB |\n|---|---|---|---|")
        took = {}
        for store in asked.stores:
            words = [
                sys.executable,
                "-m",
                "bench.features",
                "--views",
                str(asked.views),
                "--inside",
                place,
                store,
            ]
            done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
            if done.returncode != 0:
                raise SystemExit(done.stderr[-3000:])
            took[store] = json.loads(done.stdout.strip().splitlines()[-1])
            print("| {} | {wall:.2f} | {cpu:.2f} | {memory:,.0f} |".format(store, **took[store]), flush=True)
        if len(took) == 2:
            ratio = took["stock"]["cpu"] / took["asof"]["cpu"]
            print(
                f"\nstock / asof, CPU: {ratio:.1f}; rows with other values: {different(folder, asked.views)}"
            )


if __name__ == "__main__":
    main()
