"""The feature store that the cluster's manifests describe, on a real PostgreSQL: SQL registry and online store."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from components.contracts.errors import StoreError
from components.contracts.sections import Lookup
from components.stores.features import Features
from components.stores.online import OnlineFeatures
from tests.features_repo import NOON, WEATHER, make, write

pytestmark = pytest.mark.postgres

MANIFESTS = Path(__file__).parents[3] / "manifests/base/feature-store"
DATABASE = "features"


@pytest.fixture
def settings(postgres, tmp_path, monkeypatch):
    """A repository with the manifests' configuration and one row of weather, in a database of its own."""
    place = urlsplit(postgres)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    found = make(tmp_path)
    text = (
        (MANIFESTS / "feature_store.yaml")
        .read_text()
        .replace("5432", str(place.port))
        .replace("require", "disable")
    )
    (Path(found.features) / "feature_store.yaml").write_text(text)
    told = {"HOST": place.hostname, "USER": place.username, "PASSWORD": "any", "DATABASE": DATABASE}
    for name, value in told.items():
        monkeypatch.setenv(f"FEATURE_STORE_{name}", str(value))
    write(found, "weather", [dict(zip(WEATHER.names, ("JFK", NOON, 40.0, None), strict=True))], WEATHER)
    return found


def test_what_is_materialized_there_is_read_without_the_registry(settings, tmp_path):
    features = Features(settings)
    features.apply()
    features.materialize("weather", None, NOON + timedelta(hours=1))
    [view] = features.keyed([Lookup(view="weather", columns=("temp", "wind"))])
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(Path(settings.features) / "feature_store.yaml", alone)

    found = OnlineFeatures(alone, settings).read(view, [{"origin": "JFK"}, {"origin": "EWR"}])

    assert found == [(NOON, {"temp": 40.0, "wind": None}), None]


def test_a_connection_that_broke_is_made_anew(settings, postgres):
    features = Features(settings)
    features.apply()
    features.materialize("weather", None, NOON)
    [view] = features.keyed([Lookup(view="weather", columns=("temp",))])
    online = OnlineFeatures(features.folder, settings)
    before = online.read(view, [{"origin": "JFK"}])
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [DATABASE]
        )

    with pytest.raises(StoreError, match="cannot be read"):
        online.read(view, [{"origin": "JFK"}])

    assert online.read(view, [{"origin": "JFK"}]) == before
