"""Reading the log: a window, each id once, whatever models answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts.errors import StoreError
from components.stores.databases import engine
from components.stores.hours import between, folder
from components.stores.served import read_predictions, united
from tests.predictions import NINE, SCHEMA, batch, prediction, predictions, read

HOUR = timedelta(hours=1)
LATER = NINE + timedelta(minutes=40)


def put(place: Path, rows: list[dict], name: str = "w-1", schema: pa.Schema = SCHEMA) -> Path:
    """A segment in the hour of its first row."""
    path = Path(folder(str(place), "shop", rows[0]["event_time"])) / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def ids(place: Path, *window) -> list[str]:
    return [row["id"] for row in read(place, *window)]


def test_an_id_that_is_repeated_is_read_once_as_it_was_first(tmp_path):
    put(tmp_path, [prediction("a", time=NINE + HOUR, **{"inputs.size": 2.0}), prediction("b")], "w-1")
    put(tmp_path, [prediction("a", **{"inputs.size": 1.0})], "w-2")

    assert [(row["id"], row["inputs.size"]) for row in read(tmp_path)] == [("a", 1.0), ("b", 0.1)]


def test_a_caller_that_asks_again_in_the_next_hour_is_counted_in_the_first(tmp_path):
    put(tmp_path, [prediction("a", NINE)])
    put(tmp_path, [prediction("a", LATER), prediction("b", LATER)])

    assert ids(tmp_path, NINE, 1) == ["a", "b"]
    assert ids(tmp_path, LATER, 1) == ["b"]


def test_a_window_is_half_open(tmp_path):
    put(tmp_path, [prediction("start", NINE), prediction("end", NINE + timedelta(minutes=20))])

    table = read_predictions(str(tmp_path), "shop", NINE, NINE + timedelta(minutes=20))
    assert table.id.to_pyarrow().to_pylist() == ["start"]


def test_only_the_hours_of_the_window_are_opened(tmp_path):
    put(tmp_path, [prediction("a")])
    put(tmp_path, [prediction("b", NINE + 5 * HOUR)]).write_bytes(b"damaged")

    assert ids(tmp_path) == ["a"]
    assert [f"{hour:%H:%M}" for hour in between(NINE, NINE + HOUR)] == ["09:00", "10:00"]
    assert between(NINE, NINE) == [NINE.replace(minute=0)]
    assert between(NINE, NINE - HOUR) == []


def test_models_with_other_inputs_lie_side_by_side(tmp_path):
    wider = SCHEMA.append(pa.field("inputs.weight", pa.float64()))
    put(tmp_path, [prediction("a")], "w-1")
    put(tmp_path, [prediction("b", **{"inputs.weight": 3.0})], "w-2", wider)

    assert [row["inputs.weight"] for row in read(tmp_path)] == [None, 3.0]


def test_columns_that_changed_their_type_become_what_holds_both(tmp_path):
    place = SCHEMA.get_field_index("inputs.size")
    put(tmp_path, [prediction("a", **{"inputs.size": 1.5})], "w-1")
    put(
        tmp_path,
        [prediction("b", **{"inputs.size": 2})],
        "w-2",
        SCHEMA.set(place, pa.field("inputs.size", pa.int64())),
    )
    assert [row["inputs.size"] for row in read(tmp_path)] == [1.5, 2.0]

    put(
        tmp_path,
        [prediction("c", **{"inputs.size": "e1"})],
        "w-3",
        SCHEMA.set(place, pa.field("inputs.size", pa.string())),
    )
    assert [row["inputs.size"] for row in read(tmp_path)] == ["1.5", "2", "e1"]


def test_columns_that_did_not_change_keep_their_type():
    assert united([SCHEMA, SCHEMA]) == pa.schema([(field.name, field.type) for field in SCHEMA])


def test_without_predictions_there_are_no_rows_and_the_columns_that_all_have(tmp_path):
    table = read_predictions(str(tmp_path / "nothing"), "shop", NINE, LATER)

    assert table.columns == ("id", "time", "event_time", "use_case", "version", "model")
    assert table.count().to_pyarrow().as_py() == 0


def test_a_damaged_file_is_named(tmp_path):
    put(tmp_path, [prediction("a")]).write_bytes(b"damaged")

    with pytest.raises(StoreError, match=r"hour=2013-03-01T09/w-1.parquet is not Parquet"):
        read(tmp_path)


def test_what_is_being_written_is_not_read(tmp_path):
    path = put(tmp_path, [prediction("a")])
    path.with_name(".w-2.parquet.tmp-00ff").write_bytes(b"ha")

    assert ids(tmp_path) == ["a"]


def test_it_is_joined_with_ground_truth_where_that_is(tmp_path):
    put(tmp_path, predictions("a", 3))
    backend = engine()
    backend.con.register("truth", pa.table({"id": ["a-1"], "sold": [False]}))
    truth = backend.table("truth")
    table = read_predictions(str(tmp_path), "shop", NINE, NINE + HOUR, backend)

    joined = table.join(truth, "id").select("id", "sold", "outputs.label").to_pyarrow().to_pylist()
    assert joined == [{"id": "a-1", "sold": False, "outputs.label": True}]


def test_it_can_be_read_again(tmp_path):
    put(tmp_path, batch(predictions("a", 3)).to_pylist())
    table = read_predictions(str(tmp_path), "shop", NINE, NINE + HOUR)

    assert [table.count().to_pyarrow().as_py() for _ in range(2)] == [3, 3]
