import pyarrow as pa
import pytest

from components.monitoring.skew import skew
from components.stores.databases import engine

IDS = ["a", "b", "c", "d"]


def measured(served: dict, read: dict) -> dict[str, float]:
    backend = engine()
    backend.con.register("log", pa.table({"id": IDS, **{f"inputs.{k}": v for k, v in served.items()}}))
    backend.con.register("read", pa.table({"id": IDS, **read}))
    return skew(backend.table("log"), backend.table("read"), ["id"], ["size", "colour"])


def test_the_same_inputs_have_no_skew():
    rows = {"size": [1.0, 2.0, None, 0.0], "colour": ["red", None, "blue", "red"]}

    assert measured(rows, rows) == {}


def test_rounding_is_no_skew():
    assert measured({"size": [0.1 + 0.2, 1e9, 0.0, -1.0]}, {"size": [0.3, 1e9 + 1e-3, 0.0, -1.0]}) == {}


@pytest.mark.parametrize(
    ("served", "read", "share"),
    [
        ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.001], 0.25),
        ([1.0, 2.0, 3.0, 4.0], [None, None, 3.0, 4.0], 0.5),
        ([1000.0, 2000.0, 3000.0, 4000.0], [1.0, 2.0, 3.0, 4.0], 1.0),
    ],
)
def test_what_training_reads_otherwise_is_counted(served, read, share):
    assert measured({"size": served}, {"size": read}) == {"size": share}


def test_other_texts_are_counted():
    assert measured({"colour": ["red"] * 4}, {"colour": ["red", "rot", "red", "red"]}) == {"colour": 0.25}


def test_what_one_side_lacks_is_left_out():
    assert measured({"weight": [1.0] * 4}, {"weight": [2.0] * 4}) == {}
