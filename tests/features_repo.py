"""A feature store of its own for tests: Feast's repository, tables and stores in one folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from components.contracts.sections import Lookup
from components.settings import Settings
from components.stores.features import Features
from components.stores.online import OnlineFeatures

NOON = datetime(2013, 1, 1, 12, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")

DEFINITIONS = """
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64, String
from components.features.source import QuerySource

airport = Entity(name="airport", join_keys=["origin"], value_type=ValueType.STRING)
gate = Entity(name="gate", join_keys=["gate"], value_type=ValueType.INT64)
weather = FeatureView(
    name="weather",
    description="Observations.",
    owner="tests",
    tags={"privacy": "public"},
    entities=[airport],
    schema=[Field(name="origin", dtype=String), Field(name="temp", dtype=Float64), Field(name="wind", dtype=Float64)],
    source=QuerySource(
        name="observations",
        tables={"weather": "weather.parquet"},
        query="SELECT * FROM weather WHERE seen BETWEEN $since AND $until",
        timestamp_field="seen",
    ),
    ttl=timedelta(hours=3),
)
queues = FeatureView(
    name="queues",
    description="People in the queue.",
    owner="tests",
    tags={"privacy": "public"},
    entities=[airport, gate],
    schema=[Field(name="origin", dtype=String), Field(name="gate", dtype=Int64), Field(name="length", dtype=Int64)],
    source=FileSource(name="counts", path="DATA/queues.parquet", timestamp_field="seen", created_timestamp_column="written"),
    ttl=timedelta(hours=1),
)
"""

CONFIGURATION = """
project: tests
provider: local
registry: ${EVERGREEN_HOME}/features/registry.db
offline_store: {type: STORE}
online_store: {type: sqlite, path: "${EVERGREEN_HOME}/features/online.db"}
materialization: {pull_latest_features: true}
entity_key_serialization_version: 3
"""

ASOF = "components.features.offline.AsofOfflineStore, data: '${EVERGREEN_DATA}'"


def make(folder: Path, definitions_text: str = DEFINITIONS, store: str = ASOF) -> Settings:
    """A repository with its definitions, to be applied; tables are written by `write`."""
    repository, data = folder / "repository", folder / "data"
    repository.mkdir(parents=True, exist_ok=True)
    data.mkdir(exist_ok=True)
    (repository / "views.py").write_text(definitions_text.replace("DATA", str(data)))
    (repository / "feature_store.yaml").write_text(CONFIGURATION.replace("STORE", store))
    return Settings(home=folder / "home", data=str(data), features=str(repository), _env_file=None)


def write(settings: Settings, name: str, rows: list[dict], schema: pa.Schema) -> None:
    """Write one of its tables."""
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), Path(settings.data) / f"{name}.parquet")


WEATHER = pa.schema(
    [("origin", pa.string()), ("seen", INSTANT), ("temp", pa.float64()), ("wind", pa.float64())]
)
QUEUES = pa.schema(
    [
        ("origin", pa.string()),
        ("gate", pa.int64()),
        ("seen", INSTANT),
        ("written", INSTANT),
        ("length", pa.int64()),
    ]
)


def filled(
    folder: Path, weather: list[tuple], queues: list[tuple] = (), store: str = ASOF
) -> tuple[Settings, Features]:
    """A store with some values, applied."""
    settings = make(folder, store=store)
    write(settings, "weather", [dict(zip(WEATHER.names, row, strict=True)) for row in weather], WEATHER)
    write(settings, "queues", [dict(zip(QUEUES.names, row, strict=True)) for row in queues], QUEUES)
    features = Features(settings)
    features.apply()
    return settings, features


def online(features: Features, view: str, columns: list[str], keys: list[dict]) -> list:
    """What is online of some keys, each with its event time."""
    [keyed] = features.keyed([Lookup(view=view, columns=tuple(columns))])
    return OnlineFeatures(features.folder, features._settings).read(keyed, keys)
