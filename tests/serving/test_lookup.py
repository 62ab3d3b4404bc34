"""Requests that carry keys: the predictor looks the features up in a real online store."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.features import KeyedView
from components.contracts.schema import TableSchema
from components.contracts.sections import Features, Lookup, Preparation, Table, Training
from components.stores.models import write_model
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
    rows = pa.table(columns)
    view = KeyedView(
        lookup=Lookup(view="weather", columns=("temp", "wind")), keys={"origin": "string"}, ttl=3 * HOUR
    )
    trained = train(
        rows.slice(0, 300),
        rows.slice(300),
        Table(task="regression", label="wait", event_time="at"),
        TableSchema.model_validate({"columns": COLUMNS}),
        Preparation(features=Features(numeric=("temp", "wind"), categorical=("origin",))),
        Training(algorithms=("linear",), search=None),
        snapshot="abc",
        jobs=1,
        views=(view,),
    )
    folder = tmp_path_factory.mktemp("weather") / "model"
    write_model(trained.model, folder)
    return folder


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
