import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import DataError, SourceError, UseCaseError
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Table
from components.extraction.extract import canonical, extract
from components.stores import snapshots

START = datetime(2013, 1, 1, tzinfo=UTC)
AS_OF = datetime(2013, 2, 1, tzinfo=UTC)
SALES = Table(task="regression", label="price", event_time="at", key=("id",))
SCHEMA = TableSchema.model_validate(
    {
        "columns": [
            {"name": "at", "type": "timestamp"},
            {"name": "id", "type": "int64"},
            {"name": "price", "type": "float64", "nullable": True},
            {"name": "shop", "type": "string", "nullable": True},
        ]
    }
)


def sales(count: int = 100) -> pa.Table:
    pick = np.random.default_rng(0)
    return pa.table(
        {
            "at": pa.array(
                [START + timedelta(hours=hour) for hour in range(count)], pa.timestamp("us", "UTC")
            ),
            "id": pa.array(range(count)),
            "price": pa.array(
                ((None, 1.5, 2.5)[place] for place in pick.integers(0, 3, count)), pa.float64()
            ),
            "shop": pa.array(
                (("a", "ä", None, "")[place] for place in pick.integers(0, 4, count)), pa.string()
            ),
            "more": ["not in the schema"] * count,
        }
    )


def run(extraction, tmp_path, table=SALES, schema=SCHEMA, as_of=AS_OF):
    return extract(table, schema, extraction, as_of, str(tmp_path / "data"), str(tmp_path / "store"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_the_rows_of_a_window_become_a_snapshot(folder, tmp_path):
    pq.write_table(sales(), folder / "sales.parquet")
    extraction = Extraction(tables={"t": "sales.parquet"}, window={"start": START + timedelta(hours=10)})

    report = run(extraction, tmp_path, as_of=START + timedelta(hours=30))

    assert report.snapshot == f"{tmp_path}/store/snapshots/{report.digest}"
    assert (report.rows, report.columns, report.before_window, report.after_window) == (20, 4, 10, 70)
    assert report.watermark == START + timedelta(hours=29)
    kept = snapshots.read(report.snapshot)
    assert kept.column_names == ["at", "id", "price", "shop"]
    assert kept["id"].to_pylist() == list(range(10, 30))


def test_the_layout_of_the_source_does_not_change_the_snapshot(folder, tmp_path):
    rows = sales()
    shuffled = rows.take(np.random.default_rng(1).permutation(100))
    pq.write_table(rows, folder / "whole.parquet")
    (folder / "parts").mkdir()
    for part in range(4):
        columns = np.random.default_rng(part).permutation(rows.column_names).tolist()
        pq.write_table(
            shuffled.slice(part * 25, 25).select(columns),
            folder / "parts" / f"{part}.parquet",
            row_group_size=7,
        )
    with duckdb.connect(str(folder / "shop.db")) as connection:
        connection.register("shuffled", shuffled)
        connection.execute("CREATE TABLE sales AS FROM shuffled")
    (folder / "texts").mkdir()
    for part in (0, 50):
        duckdb.from_arrow(shuffled.slice(part, 50)).write_csv(
            str(folder / "texts" / f"{part}.csv"), na_rep="NA"
        )

    addresses = [{"tables": {"t": name}} for name in ("whole.parquet", "parts")]
    addresses += [{"connection": "duckdb://shop.db", "query": "SELECT * FROM sales ORDER BY random()"}]
    reports = [run(Extraction(**address), tmp_path) for address in addresses]
    texts = run(Extraction(tables={"t": "texts"}), tmp_path)

    assert len({report.digest for report in reports}) == 1
    # Text cannot tell an empty string from a missing one.
    filled = snapshots.read(reports[0].snapshot).to_pylist()
    expected = [{**row, "shop": row["shop"] or None} for row in filled]
    assert snapshots.read(texts.snapshot).to_pylist() == expected


cells = st.fixed_dictionaries(
    {
        "at": st.integers(0, 3).map(lambda hour: START + timedelta(hours=hour)),
        "id": st.integers(0, 3),
        "price": st.none() | st.floats(),
        "shop": st.none() | st.sampled_from(["", "a", "B", "ä", "z"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(cells, min_size=1, max_size=12), st.randoms())
def test_the_canonical_order_is_the_same_for_any_order(rows, pick):
    def ordered(rows, columns):
        table = pa.Table.from_pylist(rows, schema=sales(1).drop("more").schema).select(columns)
        kept = canonical(ibis.memtable(table), SALES).to_pyarrow()
        return [tuple(map(repr, row.values())) for row in kept.to_pylist()], kept.column_names

    columns = ["at", "id", "price", "shop"]
    again, names = ordered(pick.sample(rows, len(rows)), pick.sample(columns, 4))

    assert names == columns
    assert [tuple(cell.replace("-0.0", "0.0") for cell in row) for row in again] == [
        tuple(cell.replace("-0.0", "0.0") for cell in row) for row in ordered(rows, columns)[0]
    ]


def test_duplicates_are_counted_and_kept(folder, tmp_path):
    rows = sales(10)
    pq.write_table(pa.concat_tables([rows, rows.slice(0, 3), rows.slice(0, 1)]), folder / "t.parquet")

    report = run(Extraction(tables={"t": "t.parquet"}), tmp_path)

    assert (report.rows, report.duplicates) == (14, 4)


def test_a_changed_row_is_another_snapshot_and_the_old_one_stays(folder, tmp_path):
    extraction = Extraction(tables={"t": "t.parquet"})
    pq.write_table(sales(10), folder / "t.parquet")
    first = run(extraction, tmp_path)
    pq.write_table(sales(11), folder / "t.parquet")
    second = run(extraction, tmp_path)

    assert first.digest != second.digest
    assert snapshots.read(first.snapshot).num_rows == 10


def test_a_value_that_does_not_fit_matters_inside_the_window_only(folder, tmp_path):
    lines = ["at,id,price,shop", "2013-01-01,1,1.5,a", "2013-01-02,2,cheap,a"]
    (folder / "t.csv").write_text("\n".join(lines))
    extraction = Extraction(tables={"t": "t.csv"})

    assert run(extraction, tmp_path, as_of=START + timedelta(days=1)).rows == 1
    with pytest.raises(
        SourceError, match=r"column 'price' .*: 1 value\(s\) do not fit float64, such as 'cheap' in .*t\.csv"
    ):
        run(extraction, tmp_path)
    assert len(list((tmp_path / "store" / "snapshots").iterdir())) == 1


def test_an_empty_window_is_told(folder, tmp_path):
    pq.write_table(sales(10), folder / "t.parquet")

    with pytest.raises(
        DataError, match=r"no rows in the window: 'at' before 2012.*t\.parquet has rows from 2013-01-01"
    ):
        run(Extraction(tables={"t": "t.parquet"}), tmp_path, as_of=datetime(2012, 1, 1, tzinfo=UTC))


def test_a_file_that_is_damaged_inside_is_named_and_leaves_nothing(folder, tmp_path):
    pq.write_table(sales(50_000), folder / "t.parquet", compression="none", use_dictionary=False)
    content = bytearray((folder / "t.parquet").read_bytes())
    content[4:400_000] = bytes(399_996)
    (folder / "t.parquet").write_bytes(content)

    with pytest.raises(SourceError, match=r"t\.parquet cannot be read: "):
        run(Extraction(tables={"t": "t.parquet"}), tmp_path, as_of=datetime(2030, 1, 1, tzinfo=UTC))
    assert not (tmp_path / "store").exists()


def test_a_role_that_the_schema_lacks_is_told(folder, tmp_path):
    with pytest.raises(UseCaseError, match="table names seller, which the schema does not have"):
        run(
            Extraction(tables={"t": "t.parquet"}),
            tmp_path,
            SALES.model_copy(update={"key": ("id", "seller")}),
        )


def test_a_table_without_event_time_is_read_whole(folder, tmp_path):
    pq.write_table(sales(10), folder / "t.parquet")

    report = run(Extraction(tables={"t": "t.parquet"}), tmp_path, Table(task="regression", label="price"))

    assert (report.rows, report.start, report.watermark, report.duplicates) == (10, None, None, 0)


def test_whoever_is_killed_leaves_nothing_half_written(folder, tmp_path):
    rows = 150_000
    at = pa.array(np.arange(rows) * 1_000_000, pa.timestamp("us", "UTC"))
    noise = np.random.default_rng(0).normal(size=rows)
    pq.write_table(
        pa.table({"at": at, "id": np.arange(rows), "price": noise, "shop": noise.astype(str)}),
        folder / "t.parquet",
    )
    extraction = Extraction(tables={"t": "t.parquet"})
    program = f"""
from datetime import datetime
from components.extraction.extract import Extraction, Table, TableSchema, extract
extract(Table.model_validate({SALES.model_dump()}), TableSchema.model_validate({SCHEMA.model_dump()}),
        Extraction(tables={{"t": "t.parquet"}}), datetime.fromisoformat("{AS_OF}"), "{folder}", "{tmp_path}/store")
"""
    kept = tmp_path / "store" / "snapshots"

    process = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    while process.poll() is None and not (kept.is_dir() and any(kept.iterdir())):
        time.sleep(0.001)
    process.kill()
    process.wait()

    assert [path.name for path in kept.iterdir() if ".tmp-" not in path.name] == []
    assert snapshots.read(run(extraction, tmp_path).snapshot).num_rows == rows


@pytest.mark.postgres
def test_a_postgres_database_gives_the_same_snapshot(postgres, folder, tmp_path):
    pq.write_table(sales(), folder / "t.parquet")
    window = {"start": START + timedelta(hours=5)}
    expected = run(
        Extraction(tables={"t": "t.parquet"}, window=window), tmp_path, as_of=START + timedelta(hours=30)
    )
    database = ibis.connect(postgres)
    database.raw_sql("DROP TABLE IF EXISTS evergreen_sales").close()
    database.create_table("evergreen_sales", sales())
    query = "SELECT at AT TIME ZONE 'UTC' AS at, id::int AS id, price::numeric AS price, shop FROM evergreen_sales"
    try:
        extraction = Extraction(connection=postgres, query=query, window=window)
        report = run(extraction, tmp_path, as_of=START + timedelta(hours=30))
        with pytest.raises(SourceError, match=r"extraction\.query on postgres.*nowhere"):
            run(Extraction(connection=postgres, query="SELECT * FROM nowhere"), tmp_path)
    finally:
        database.raw_sql("DROP TABLE evergreen_sales").close()
        database.disconnect()

    assert report == expected
