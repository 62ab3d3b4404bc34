import struct
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import StoreError
from components.stores import snapshots
from components.stores.content import CHUNK_ROWS, Digest, canonical_chunks, canonical_schema, chunk_rows

ROWS = pa.table(
    {
        "at": pa.array([datetime(2013, 1, day, tzinfo=UTC) for day in (1, 2, 3)], pa.timestamp("us", "UTC")),
        "day": pa.array([date(2013, 1, 1), None, date(1969, 1, 1)], pa.date32()),
        "n": pa.array([1, None, 3], pa.int64()),
        "ok": pa.array([True, None, False]),
        "text": pa.array(["a", None, ""]),
        "x": pa.array([0.5, None, float("nan")]),
    }
)
VALUES = {
    "at": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
        lambda instant: instant.replace(tzinfo=UTC)
    ),
    "day": st.dates(),
    "n": st.integers(-(2**63), 2**63 - 1),
    "ok": st.booleans(),
    "text": st.text(st.characters(codec="utf-8"), max_size=5),
    "x": st.floats(),
}
tables = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()}),
    min_size=1,
    max_size=20,
).map(lambda rows: pa.Table.from_pylist(rows, schema=ROWS.schema))


def digest(table: pa.Table, batches: list[pa.RecordBatch] | None = None) -> str:
    schema = canonical_schema(table.schema)
    told = Digest(schema)
    for chunk in canonical_chunks(table.to_batches() if batches is None else batches, schema):
        told.update(chunk)
    return told.hexdigest()


def keep(table: pa.Table, store) -> snapshots.Snapshot:
    return snapshots.write(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()), str(store))


@settings(max_examples=50, deadline=None)
@given(tables, st.integers(1, 7))
def test_batches_do_not_matter_to_the_digest(table, size):
    assert digest(table, table.to_batches(max_chunksize=size)) == digest(table.combine_chunks())


@settings(max_examples=50, deadline=None)
@given(tables, st.data())
def test_any_changed_cell_changes_the_digest(table, data):
    row = data.draw(st.integers(0, table.num_rows - 1))
    name = data.draw(st.sampled_from(table.column_names))
    cells = table.to_pylist()
    old = cells[row][name]
    cells[row][name] = data.draw((st.none() | VALUES[name]).filter(lambda new: not _same(new, old)))

    assert digest(pa.Table.from_pylist(cells, schema=table.schema)) != digest(table)


def _same(one, other):
    both_nan = one is not None and other is not None and one != one and other != other
    return both_nan or (one == other and (one is None) == (other is None))


def test_layout_does_not_matter_to_the_digest():
    other = ROWS.set_column(4, "text", ROWS["text"].combine_chunks().dictionary_encode())
    padded = pa.concat_tables([ROWS.slice(1), ROWS, ROWS]).slice(2, 3)
    large = ROWS.set_column(4, "text", ROWS["text"].cast(pa.large_string()))

    assert {digest(table) for table in (other, padded, large, ROWS.replace_schema_metadata({"a": "b"}))} == {
        digest(ROWS)
    }


def test_what_lies_under_a_null_does_not_matter_to_the_digest():
    seen = pa.array([1.0, 2.0, 3.0]).buffers()[1]
    valid = pa.array([True, False, True]).buffers()[1]
    garbage = pa.Array.from_buffers(pa.float64(), 3, [valid, seen])

    assert digest(pa.table({"x": garbage})) == digest(pa.table({"x": pa.array([1.0, None, 3.0])}))


def test_values_that_compare_equal_have_one_digest():
    nans = [
        struct.unpack("<d", struct.pack("<Q", bits))[0] for bits in (0x7FF8000000000000, 0xFFF8000000000123)
    ]
    tables = [
        pa.table({"x": pa.array(np.array([nan, zero]))}) for nan, zero in zip(nans, (0.0, -0.0), strict=True)
    ]

    assert digest(tables[0]) == digest(tables[1])


def test_names_and_types_are_part_of_the_digest():
    whole = pa.table({"a": [1, 2]})

    assert len({digest(whole), digest(whole.rename_columns(["b"])), digest(pa.table({"a": [1.0, 2.0]}))}) == 3
    assert digest(pa.table({"a": ["x", ""]})) != digest(pa.table({"a": ["", "x"]}))


def test_the_digest_stays_what_it_was():
    """Of these rows it may never change, or every snapshot would get another name."""
    assert digest(ROWS) == "53d236557def5a5f13d1011f4d586aa8800ed2bee86ca57f4ed5e509d1a9dc91"


def test_a_snapshot_is_read_as_it_was_written(tmp_path):
    kept = keep(ROWS, tmp_path)

    assert kept.uri == f"{tmp_path}/snapshots/{digest(ROWS)}"
    assert (kept.rows, kept.columns) == (3, 6)
    assert snapshots.read(kept.uri).drop("x").equals(ROWS.drop("x"))
    assert snapshots.read(kept.uri, ["n"]).to_pydict() == {"n": [1, None, 3]}
    assert snapshots.open_snapshot(kept.uri).schema.equals(ROWS.schema, check_metadata=True)
    assert pq.read_metadata(snapshots.local_parquet(kept.uri)).num_rows == 3


def test_more_rows_than_a_chunk_stay_in_order(tmp_path):
    table = pa.table({"n": np.arange(2 * CHUNK_ROWS + 3)})

    kept = keep(table, tmp_path)

    assert snapshots.read(kept.uri)["n"].to_numpy().tolist() == list(range(2 * CHUNK_ROWS + 3))


def test_wide_rows_are_hashed_and_written_in_smaller_chunks(tmp_path):
    table = pa.table({f"x{place}": np.arange(3_000) for place in range(1_000)})

    kept = keep(table, tmp_path)

    assert chunk_rows(1_000) < 3_000
    assert pq.read_metadata(snapshots.local_parquet(kept.uri)).num_row_groups == 2
    assert snapshots.read(kept.uri).equals(table)


def test_the_same_rows_are_kept_once(tmp_path):
    first = keep(ROWS, tmp_path)
    written = (tmp_path / "snapshots" / first.digest / "rows.parquet").stat().st_mtime_ns

    assert keep(ROWS, tmp_path) == first
    assert (tmp_path / "snapshots" / first.digest / "rows.parquet").stat().st_mtime_ns == written
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [first.digest]


def test_equal_rows_are_equal_files(tmp_path):
    kept = [
        keep(table, tmp_path / name)
        for name, table in {"a": ROWS, "b": pa.Table.from_batches(ROWS.to_batches(max_chunksize=1))}.items()
    ]

    files = [(tmp_path / name / "snapshots" / kept[0].digest / "rows.parquet").read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_a_snapshot_without_rows_is_one(tmp_path):
    assert snapshots.read(keep(ROWS.slice(0, 0), tmp_path).uri).num_rows == 0


def test_a_damaged_snapshot_is_refused_and_then_replaced(tmp_path):
    kept = keep(ROWS, tmp_path)
    file = tmp_path / "snapshots" / kept.digest / "rows.parquet"
    file.write_bytes(file.read_bytes()[:-20])

    with pytest.raises(StoreError, match=f"{kept.digest} is damaged: .*; remove it and run again"):
        snapshots.read(kept.uri)
    assert keep(ROWS, tmp_path) == kept
    assert snapshots.read(kept.uri).num_rows == 3


def test_a_snapshot_whose_rows_were_changed_is_replaced(tmp_path):
    kept = keep(ROWS, tmp_path)
    file = tmp_path / "snapshots" / kept.digest / "rows.parquet"
    right, table = file.read_bytes(), pq.read_table(file)
    told = {"evergreen.digest": kept.digest, "evergreen.rows": "3"}
    pq.write_table(pa.concat_tables([table.slice(1), table.slice(0, 1)]).replace_schema_metadata(told), file)

    assert snapshots.open_snapshot(kept.uri).count_rows() == 3  # what it says of itself is right
    assert keep(ROWS, tmp_path) == kept
    assert file.read_bytes() == right


def test_a_flipped_bit_is_mended(tmp_path):
    kept = keep(ROWS, tmp_path)
    file = tmp_path / "snapshots" / kept.digest / "rows.parquet"
    right = file.read_bytes()
    file.write_bytes(right[:30] + bytes([right[30] ^ 1]) + right[31:])

    keep(ROWS, tmp_path)

    assert file.read_bytes() == right


def test_rows_under_another_name_are_refused(tmp_path):
    kept = keep(ROWS, tmp_path)
    (tmp_path / "snapshots" / kept.digest).rename(tmp_path / "snapshots" / "other")

    with pytest.raises(StoreError, match="other holds the rows of another snapshot"):
        snapshots.read(f"{tmp_path}/snapshots/other")
    with pytest.raises(StoreError, match=f"{kept.digest} cannot be read: it is not there"):
        snapshots.read(kept.uri)


def test_a_source_that_breaks_off_leaves_nothing(tmp_path):
    def batches():
        yield from ROWS.to_batches()
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        snapshots.write(pa.RecordBatchReader.from_batches(ROWS.schema, batches()), str(tmp_path))

    assert list((tmp_path / "snapshots").iterdir()) == []


@pytest.mark.objectstore
def test_a_cloud_keeps_snapshots(cloud):
    kept = keep(ROWS, cloud)

    assert keep(ROWS, cloud) == kept
    assert kept.uri == f"{cloud}/snapshots/{digest(ROWS)}"
    assert snapshots.read(kept.uri, ["n"]).to_pydict() == {"n": [1, None, 3]}
    assert snapshots.local_parquet(kept.uri) is None
