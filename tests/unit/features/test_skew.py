"""Logged features beside the same looked up again, in the real store."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts.sections import Lookup
from components.features.skew import skew
from tests.features_repo import INSTANT, NOON, filled

LOOKUPS = (Lookup(view="weather", columns=("temp", "wind")),)
HOUR = timedelta(hours=1)
LOG = pa.schema(
    [
        ("id", pa.string()),
        ("time", INSTANT),
        ("keys.origin", pa.string()),
        ("inputs.temp", pa.float64()),
        ("inputs.wind", pa.float64()),
    ]
)


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    values = [("JFK", NOON, 40.0, None), ("JFK", NOON + HOUR, 42.0, 6.0)]
    return filled(tmp_path_factory.mktemp("store"), values)[1]


@pytest.mark.parametrize(
    ("served", "unequal"),
    [
        ((NOON + HOUR / 2, "JFK", 40.0, None), {"temp": 0, "wind": 0}),
        ((NOON + HOUR, "JFK", 40.0, None), {"temp": 1, "wind": 1}),
        ((NOON + 5 * HOUR, "JFK", None, None), {"temp": 0, "wind": 0}),
        ((NOON, "LGA", 41.0, None), {"temp": 1, "wind": 0}),
    ],
    ids=["the same", "not online yet", "too old for both", "given by the request"],
)
def test_differences_are_counted(features, served, unequal, tmp_path):
    row = dict(zip(LOG.names, ("p1", *served), strict=True))
    pq.write_table(pa.Table.from_pylist([row], schema=LOG), tmp_path / "log.parquet")

    told = skew(tmp_path / "log.parquet", LOOKUPS, features.views(), features, tmp_path)

    assert told.rows == 1
    assert {column.column: column.unequal for column in told.columns} == unequal
