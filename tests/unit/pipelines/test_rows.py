"""Rows out of a file, as a request sends them."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts.errors import DataError
from components.contracts.schema import Column
from pipelines.rows import read_rows

COLUMNS = [
    Column(name="at", type="timestamp"),
    Column(name="id", type="int64"),
    Column(name="size", type="float64", nullable=True),
    Column(name="colour", type="string"),
    Column(name="new", type="boolean"),
]
ROW = {"at": "2013-03-01T00:00:00+00:00", "id": 7, "size": 1.5, "colour": "red", "new": True}


@pytest.fixture
def read(tmp_path):
    def rows(content):
        path = tmp_path / "rows"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_rows(str(path), COLUMNS)

    return rows


def test_csv(read):
    assert read("at,id,size,colour,new\n2013-03-01T00:00:00+00:00,7,1.5,red,true\n") == [ROW]


def test_json_lines(read):
    assert read(json.dumps(ROW) + "\n\n" + json.dumps(ROW) + "\n") == [ROW, ROW]


def test_parquet(tmp_path):
    at = datetime(2013, 3, 1, tzinfo=UTC)
    pq.write_table(pa.Table.from_pylist([{**ROW, "at": at}]), tmp_path / "rows.parquet")

    assert read_rows(str(tmp_path / "rows.parquet"), COLUMNS) == [ROW]


def test_an_empty_cell_is_null(read):
    assert read("id,size\n7,\n") == [{"id": 7, "size": None}]


def test_columns_that_a_request_may_not_hold_are_left_out(read):
    assert read("id,sold\n7,true\n") == [{"id": 7}]


@pytest.mark.parametrize(
    ("column", "text"), [("id", "seven"), ("id", "7.5"), ("size", "large"), ("new", "1")]
)
def test_a_cell_of_another_type_stays_the_text_it_is(read, column, text):
    assert read(f"{column}\n{text}\n") == [{column: text}]


@pytest.mark.parametrize(
    "content",
    [
        '{"id": 7}\n[8]\n',
        '{"id": 7',
        "id,size\n7\n",
        "id,size\n7,1,2\n",
        b"\xff\xfe\x00",
        b"PAR1 and no more",
    ],
)
def test_a_file_that_is_broken_is_named(read, content):
    with pytest.raises(DataError, match="rows is neither CSV with a header, nor Parquet, nor JSON lines"):
        read(content)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read: No such file"):
        read_rows(str(tmp_path / "nowhere.csv"), COLUMNS)
