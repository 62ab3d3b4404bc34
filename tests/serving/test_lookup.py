"""Requests that carry keys: the predictor looks the features up in a real online store."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from contextlib import closing
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

from components.contracts.features import KeyedView
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Features, Lookup, Preparation, Table, Training
from components.contracts.watching import Monitoring
from components.monitoring.collect import Span
from components.monitoring.gather import Champion, Places, gather
from components.stores import snapshots
from components.stores.folders import digest
from components.stores.models import read_model, write_model
from components.training.trainer import train
from tests.features_repo import NOON, filled
from tests.serving.conftest import predictor

pytestmark = pytest.mark.serving

HOUR = timedelta(hours=1)
AT = (NOON + HOUR).isoformat()
KEYS = {"origin": "JFK", "at": AT}
WHOLE = {"temp": 40.0, "wind": 5.0, "origin": "JFK"}
COLUMNS = [
    {"name": "at", "type": "timestamp"},
    {"name": "origin", "type": "string"},
    {"name": "temp", "type": "float64", "nullable": True},
    {"name": "wind", "type": "float64", "nullable": True},
    {"name": "wait", "type": "float64"},
]

SCHEMA = TableSchema.model_validate({"columns": COLUMNS})
TABLE = Table(task="regression", label="wait", event_time="at", key=("origin", "at"))
LOOKUP = Lookup(view="weather", columns=("temp", "wind"))


@pytest.fixture(scope="session")
def weather_model(tmp_path_factory):
    """The folder of a model of the wait at an airport, whose weather is looked up."""
    random = np.random.default_rng(0)
    temp, wind = random.normal(40, 10, 400), random.normal(6, 2, 400)
    columns = {
        "at": pa.array(np.arange(400) * 3_600_000_000).cast(pa.timestamp("us", "UTC")),
        "origin": ["JFK", "LGA"] * 200,
        "temp": temp,
        "wind": wind,
        "wait": temp + 3 * wind,
    }
    rows, place = pa.table(columns), tmp_path_factory.mktemp("weather")
    view = KeyedView(lookup=LOOKUP, keys={"origin": "string"}, ttl=3 * HOUR)
    trained = train(
        rows.slice(0, 300),
        rows.slice(300),
        TABLE,
        SCHEMA,
        Preparation(features=Features(numeric=("temp", "wind"), categorical=("origin",))),
        Training(algorithms=("linear",), search=None),
        snapshot=snapshots.write(rows.to_reader(), str(place / "store")).digest,
        jobs=1,
        views=(view,),
    )
    write_model(trained.model, place / "model")
    return place / "model"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """At noon JFK has 40 °F."""
    settings, features = filled(tmp_path_factory.mktemp("store"), [("JFK", NOON, 40.0, 5.0)])
    features.materialize("weather", None, NOON)
    return settings


def environment(settings) -> pytest.MonkeyPatch:
    """What a predictor of the store has in its environment."""
    patch = pytest.MonkeyPatch()
    patch.setenv("EVERGREEN_HOME", str(settings.home))
    patch.setenv("EVERGREEN_LOG_SEGMENT_SECONDS", "0.2")
    return patch


@pytest.fixture(scope="module")
def airport(weather_model, store, tmp_path_factory):
    place = tmp_path_factory.mktemp("serving")
    with environment(store).context(), predictor(weather_model, place, FEATURES=store.features) as running:
        yield running


def values(answer) -> list[float]:
    assert answer.status_code == 200, answer.text
    return [found["value"] for found in answer.json()["predictions"]]


def test_keys_alone_are_answered_as_the_whole_row_is(airport):
    [whole, keyed] = values(airport.predict(WHOLE, KEYS))

    assert keyed == whole
    assert values(airport.predict(KEYS)) == [whole]


def test_kserves_client_sends_keys_over_v2(airport):
    [whole] = values(airport.predict(WHOLE))
    inputs = [InferInput(name, [2], "BYTES") for name in KEYS]
    for tensor, value in zip(inputs, KEYS.values(), strict=True):
        tensor.set_data_from_numpy(np.array([value, value], dtype=np.object_), binary_data=False)

    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        try:
            return await client.infer(
                airport.url, InferRequest("shop", infer_inputs=inputs), model_name="shop"
            )
        finally:
            await client.close()

    found = {output.name: output.data for output in asyncio.run(ask()).outputs}

    assert found["value"] == [whole, whole]


def test_kserves_client_sends_keys_over_v1(airport):
    [whole] = values(airport.predict(WHOLE))

    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v1"))
        try:
            return await client.infer(airport.url, {"instances": [KEYS]}, model_name="shop")
        finally:
            await client.close()

    assert [found["value"] for found in asyncio.run(ask())["predictions"]] == [whole]


def test_what_the_request_gives_wins(airport):
    given, null = {**KEYS, "temp": 90.0}, {**KEYS, "temp": None}

    assert values(airport.predict(given, null)) == values(
        airport.predict(WHOLE | {"temp": 90.0}, WHOLE | {"temp": None})
    )


def test_outcomes_are_counted_by_view(airport):
    def counted() -> dict[str, float]:
        outcomes = ("given", "found", "missing", "stale")
        told = 'evergreen_lookups_total{outcome="%s",view="weather"}'
        return {name: airport.counted(told % name) for name in outcomes}

    before = counted()
    late = {"origin": "JFK", "at": (NOON + 4 * HOUR).isoformat()}
    airport.predict(WHOLE, KEYS, KEYS, {"origin": "EWR", "at": AT}, late, {"origin": "JFK"})
    after = counted()

    # The last row happens now, years after what is known.
    assert {name: after[name] - before[name] for name in after} == {
        "given": 1,
        "found": 2,
        "missing": 1,
        "stale": 2,
    }
    assert airport.counted("evergreen_lookup_seconds_count") > 0


def test_a_row_without_feature_and_key_is_named(airport):
    answer = airport.predict(KEYS, {"temp": 40.0})

    assert answer.status_code == 422
    assert [(told["field"], told["row"]) for told in answer.json()["problems"]] == [("origin", 1)]


def test_clients_are_told_what_they_may_leave_out(airport):
    columns = airport.client.get("/v2/models/shop").json()["inputs"]
    [post] = [
        path["post"]["requestBody"]["content"]["application/json"]["schema"]
        for name, path in airport.client.get("/openapi.json").json()["paths"].items()
        if name.endswith(":predict")
    ]
    row = post["properties"]["instances"]["items"]

    optional = {column["name"] for column in columns if column.get("parameters", {}).get("optional")}
    assert optional == {"temp", "wind"}
    assert row["required"] == ["origin"]
    assert "by origin" in row["properties"]["temp"]["description"]


def test_a_store_that_is_being_written_is_read(airport, store):
    with closing(sqlite3.connect(store.home / "features/online.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE tests_weather SET value = x''")
        answer = airport.predict(KEYS)
        writer.execute("ROLLBACK")

    assert values(answer) == values(airport.predict(WHOLE))


@pytest.mark.parametrize("folder", ["", "/nowhere"], ids=["none", "gone"])
def test_without_a_store_whole_requests_are_answered(weather_model, store, tmp_path, folder):
    with environment(store).context(), predictor(weather_model, tmp_path, FEATURES=folder) as running:
        refused = running.predict(KEYS)

        assert len(values(running.predict(WHOLE))) == 1
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "send temp, wind" in refused.json()["error"]
        assert running.counted("evergreen_lookup_failures_total") == 1


@pytest.mark.parametrize(
    ("online", "skew"), [(NOON + 2 * HOUR, {}), (NOON, {"temp": 1.0, "wind": 1.0})], ids=["fresh", "stale"]
)
def test_a_store_that_lags_shows_as_skew(weather_model, tmp_path, online, skew):
    observed = [("JFK", NOON, 40.0, 5.0), ("JFK", NOON + 2 * HOUR, 50.0, 9.0)]
    settings, features = filled(tmp_path, observed)
    features.materialize("weather", None, online)
    request = {"origin": "JFK", "at": NOON + 2.5 * HOUR}
    pq.write_table(pa.Table.from_pylist([request | {"wait": 60.0}]), f"{settings.data}/waits.parquet")
    place = {"FEATURES": settings.features, "LOG": str(tmp_path / "log")}

    with environment(settings).context(), predictor(weather_model, tmp_path, **place) as running:
        values(running.predict(request | {"at": request["at"].isoformat()}))
        running.process.terminate()
        running.process.wait(30)

    assert measured(weather_model, settings, features, tmp_path).skew == skew


def measured(folder, settings, features, place):
    """What monitoring collects of the day."""
    return gather(
        "shop",
        Champion("1", digest(folder), read_model(folder)),
        Span.at(NOON + 12 * HOUR, Monitoring(window="1 day", every="1 day")),
        TABLE,
        SCHEMA,
        Extraction(tables={"waits": "waits.parquet"}, features=(LOOKUP,)),
        Monitoring(window="1 day", every="1 day"),
        Places(str(place / "log"), settings.data, str(folder.parent / "store")),
        place / "served.parquet",
        place / "reference.parquet",
        features,
    )


def test_a_store_that_hangs_costs_no_more_than_its_time(weather_model, store, tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        redis = {"type": "redis", "connection_string": f"{host}:{port}"}
        config = {"project": "tests", "provider": "local", "registry": "none", "online_store": redis}
        (folder / "feature_store.yaml").write_text(json.dumps(config))
        place = {"FEATURES": str(folder), "LOOKUP_TIMEOUT": "0.2"}
        with environment(store).context(), predictor(weather_model, tmp_path, **place) as running:
            refused = running.predict(KEYS)

            assert refused.status_code == 503
            assert "did not answer in 0.2 s" in refused.json()["error"]
            assert len(values(running.predict(WHOLE))) == 1
