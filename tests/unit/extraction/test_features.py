"""Extraction with features that are looked up, in the real store."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from components.contracts.errors import SourceError, UseCaseError
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Table
from components.extraction.extract import extract
from components.extraction.window import parse_instant
from components.stores import snapshots
from tests.features_repo import NOON, filled

TABLE = Table(task="classification", label="late", event_time="departs", key=("id",))
EXTRACTION = Extraction(
    tables={"flights": "flights.csv"},
    features=({"view": "weather", "columns": ("temp",)}, {"view": "queues", "columns": ("length",)}),
)
COLUMNS = {
    "id": "int64",
    "departs": "timestamp",
    "origin": "string",
    "gate": "int64",
    "late": "boolean",
    "temp": "float64",
    "length": "int64",
}
AS_OF = parse_instant("2013-01-02")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    settings, features = filled(
        tmp_path_factory.mktemp("store"),
        [("JFK", NOON, 40.0, 5.0), ("JFK", NOON + timedelta(hours=1), 42.0, 5.0)],
        [("JFK", 1, NOON, NOON, 10)],
    )
    flights = [
        "id,departs,origin,gate,late",
        "1,2013-01-01T12:30:00Z,JFK,1,true",
        "2,2013-01-01T14:30:00Z,JFK,1,false",
    ]
    (settings.home.parent / "data/flights.csv").write_text("\n".join(flights))
    return settings, features


def extracted(store, **types):
    settings, features = store
    columns = [{"name": name, "type": kind, "nullable": True} for name, kind in (COLUMNS | types).items()]
    schema = TableSchema.model_validate({"columns": columns})
    told = extract(TABLE, schema, EXTRACTION, AS_OF, settings.data, settings.store_uri(), features=features)
    return told, snapshots.read(told.snapshot)


def test_the_snapshot_has_what_was_known_at_each_row(store):
    told, rows = extracted(store)

    assert rows["temp"].to_pylist() == [40.0, 42.0]
    assert rows["length"].to_pylist() == [10, None]
    assert (told.rows, told.columns, told.duplicates) == (2, len(COLUMNS), 0)


def test_the_snapshot_is_named_by_its_content(store):
    assert extracted(store)[0].snapshot == extracted(store)[0].snapshot


def test_a_feature_of_another_type_is_refused(store):
    with pytest.raises(
        SourceError, match="column 'temp' changed type: the schema says boolean, the source has float64"
    ):
        extracted(store, temp="boolean")


def test_features_need_a_store(store):
    settings, _ = store
    schema = TableSchema.model_validate({"columns": [{"name": n, "type": t} for n, t in COLUMNS.items()]})

    with pytest.raises(UseCaseError, match="needs a feature store"):
        extract(TABLE, schema, EXTRACTION, AS_OF, settings.data, settings.store_uri())


def test_a_use_case_without_features_never_imports_the_library():
    program = (
        "import sys; from components.settings import Settings; from components.stores.features import Features; "
        "import components.extraction.extract; Features(Settings()); sys.exit('feast' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
