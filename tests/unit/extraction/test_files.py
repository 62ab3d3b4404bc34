import gzip
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts.errors import SourceError
from components.contracts.sections import Extraction
from components.extraction.files import open_files
from components.extraction.sources import source


def rows(extraction, data="", schema=None):
    return source(extraction, str(data), schema).to_pyarrow().to_pylist()


def types(extraction, data=""):
    return {name: str(kind) for name, kind in source(extraction, str(data)).schema().items()}


def test_an_address_is_relative_to_the_data_folder(tmp_path):
    (tmp_path / "a.csv").write_text("n\n1\n")

    assert rows(Extraction(tables={"t": "a.csv"}), tmp_path) == [{"n": 1}]


def test_a_folder_is_one_table(table):
    extraction = table(a={"n": [1, 2]}, b={"n": [3]})

    assert sorted(row["n"] for row in rows(extraction)) == [1, 2, 3]


def test_what_is_not_finished_or_not_data_is_not_read(tmp_path):
    pq.write_table(pa.table({"n": [1]}), tmp_path / "a.parquet")
    for name in ("_SUCCESS", ".a.parquet", "_temporary.parquet", "a.parquet.tmp", "notes.md"):
        (tmp_path / name).write_text("no Parquet")

    assert rows(Extraction(tables={"t": str(tmp_path)})) == [{"n": 1}]


def test_folders_named_as_columns_are_columns(tmp_path):
    for month in (1, 2):
        (tmp_path / "t" / f"month={month}").mkdir(parents=True)
        pq.write_table(pa.table({"n": [month * 10]}), tmp_path / "t" / f"month={month}" / "x.parquet")

    found = rows(Extraction(tables={"t": str(tmp_path / "t")}))

    assert sorted(found, key=lambda row: row["n"]) == [{"n": 10, "month": 1}, {"n": 20, "month": 2}]


def test_every_type_becomes_one_of_a_snapshot(table):
    instant = datetime(2013, 1, 1, 5, tzinfo=UTC)
    extraction = table(
        a={
            "small": pa.array([1], pa.int8()),
            "unsigned": pa.array([1], pa.uint32()),
            "half": pa.array([1.5], pa.float16()),
            "single": pa.array([1.5], pa.float32()),
            "price": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
            "huge": pa.array([Decimal("1.50")], pa.decimal256(50, 2)),
            "name": pa.array(["a"]).dictionary_encode(),
            "long": pa.array(["a"], pa.large_string()),
            "naive": pa.array([datetime(2013, 1, 1, 5)], pa.timestamp("ms")),
            "nano": pa.array([instant], pa.timestamp("ns", "America/New_York")),
            "day": pa.array([date(2013, 1, 1)], pa.date64()),
            "nothing": pa.nulls(1),
            "list": [[1, 2]],
        }
    )

    assert rows(extraction) == [
        {
            "small": 1,
            "unsigned": 1,
            "half": 1.5,
            "single": 1.5,
            "price": 1.5,
            "huge": 1.5,
            "name": "a",
            "long": "a",
            "naive": instant,
            "nano": instant,
            "day": date(2013, 1, 1),
            "nothing": None,
        }
    ]
    assert set(types(extraction).values()) == {"int64", "float64", "string", "timestamp('UTC', 6)", "date"}


def test_files_may_differ_in_what_loses_nothing(table):
    extraction = table(
        a={
            "n": pa.array([1], pa.int32()),
            "x": [1],
            "s": ["a"],
            "t": pa.array([0], pa.timestamp("ms")),
            "z": pa.nulls(1),
        },
        b={
            "z": ["z"],
            "t": pa.array([0], pa.timestamp("us")),
            "s": pa.array(["b"]).dictionary_encode(),
            "x": [1.5],
            "n": pa.array([2], pa.int64()),
        },
    )

    assert [row["x"] for row in sorted(rows(extraction), key=lambda row: row["n"])] == [1.0, 1.5]
    assert types(extraction) == {
        "z": "string", "t": "timestamp('UTC', 6)", "s": "string", "x": "float64", "n": "int64"
    }  # fmt: skip


def test_a_type_that_changed_from_one_file_to_another_is_named(table):
    extraction = table(a={"n": [1]}, b={"n": ["1"]})

    with pytest.raises(SourceError, match=r"b\.parquet: column 'n' changed type: it is string, and int64 in"):
        source(extraction, "")


def test_a_column_that_one_file_lacks_is_named_when_it_is_needed(table, schema):
    extraction = table(a={"n": [1]}, b={"n": [2], "new": [3]})

    assert len(rows(extraction, schema=schema(n="int64"))) == 2
    with pytest.raises(SourceError, match=r"a\.parquet has no column 'new', which other files have"):
        source(extraction, "", schema(n="int64", new="int64"))
    with pytest.raises(SourceError, match=r"a\.parquet has no column 'new', which other files have"):
        source(extraction.model_copy(update={"query": "SELECT new FROM t"}), "")


def test_names_that_differ_in_case_only_are_refused(table):
    with pytest.raises(SourceError, match=r"a\.parquet: columns 'n' and 'N' differ in case only"):
        source(table(a={"n": [1], "N": [2]}), "")


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no Parquet at all"])
def test_a_file_that_is_no_parquet_is_named(tmp_path, damage):
    (tmp_path / "a.parquet").write_bytes(damage)

    with pytest.raises(SourceError, match=r"a\.parquet is not a Parquet file, or is cut off"):
        source(Extraction(tables={"t": str(tmp_path)}), "")


def test_a_file_that_is_damaged_inside_is_named(table, tmp_path):
    extraction = table(a={"n": list(range(100_000))}, b={"n": list(range(100_000, 200_000))})
    file = next(tmp_path.glob("*/b.parquet"))
    content = bytearray(file.read_bytes())
    content[1000:3000] = bytes(2000)
    file.write_bytes(content)

    assert "b.parquet cannot be read" in (open_files(extraction.tables["t"], "").unreadable() or "")


@pytest.mark.parametrize("name", ["nothing.parquet", "nothing", "empty", "a.xlsx"])
def test_a_place_without_data_is_named(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.xlsx").write_text("")

    with pytest.raises(
        SourceError, match=rf"{name} is not there, or holds no file that ends in .*EVERGREEN_DATA"
    ):
        source(Extraction(tables={"t": name}), str(tmp_path))


def test_two_kinds_of_files_in_a_folder_are_refused(table):
    with pytest.raises(SourceError, match="holds both Parquet and CSV files"):
        source(table(a="n\n1\n", b={"n": [1]}), "")


def test_a_scheme_that_is_not_known_is_named():
    with pytest.raises(SourceError, match=r"ftp://x.* cannot be read: .*use a folder, gs:// or s3://"):
        source(Extraction(tables={"t": "ftp://x/y.csv"}), "")


def test_a_packed_csv_file_is_read(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"n\n1\n"))

    assert rows(Extraction(tables={"t": "a.csv.gz"}), tmp_path) == [{"n": 1}]


@pytest.mark.objectstore
@pytest.mark.parametrize("cloud", ["s3", "gs"], indirect=True)
def test_a_cloud_is_read_as_a_folder_is(cloud, tmp_path):
    from components.stores import objects

    pq.write_table(pa.table({"n": [1, 2]}), tmp_path / "a.parquet")
    objects.publish(tmp_path, f"{cloud}/t", last="a.parquet")
    objects.write_bytes(f"{cloud}/c/a.csv", b"n;s\n1;x\n")

    assert rows(Extraction(tables={"t": f"{cloud}/t"}, query="SELECT n FROM t WHERE n > 1")) == [{"n": 2}]
    assert rows(Extraction(tables={"t": "c/a.csv"}), cloud) == [{"n": 1, "s": "x"}]
    with pytest.raises(SourceError, match="nothing is not there"):
        source(Extraction(tables={"t": f"{cloud}/nothing"}), "")
