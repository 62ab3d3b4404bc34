import duckdb
import pytest

from components.contracts.errors import SourceError
from components.contracts.sections import Extraction
from components.extraction.sources import source


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE sales AS SELECT 1 AS id, TIMESTAMP '2013-01-01 05:00' AS at, 2.50 AS price"
        )
    return path


def test_a_duckdb_file_is_queried_and_not_changed(database, tmp_path, schema):
    before = database.read_bytes()
    for address in (f"duckdb://{database}", "duckdb://shop.duckdb"):
        extraction = Extraction(connection=address, query="SELECT * FROM sales;")
        rows = source(extraction, str(tmp_path), schema(id="int64", at="timestamp", price="float64"))

        assert rows.to_pyarrow().to_pylist()[0]["at"].isoformat() == "2013-01-01T05:00:00+00:00"
        assert rows.price.sum().to_pyarrow().as_py() == 2.5
    assert database.read_bytes() == before


def test_a_missing_file_is_not_made(tmp_path):
    with pytest.raises(
        SourceError, match=r"duckdb://none\.db: there is no file .*none\.db; check extraction\.connection"
    ):
        source(Extraction(connection="duckdb://none.db", query="SELECT 1"), str(tmp_path))
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("query", ["SELCT 1", "SELECT nothing FROM sales", "SELECT * FROM nowhere"])
def test_wrong_sql_is_told(database, query):
    with pytest.raises(SourceError, match=r"extraction\.query on duckdb://.* cannot be read: \w+ Error: "):
        source(Extraction(connection=f"duckdb://{database}", query=query), "")


def test_wrong_sql_over_files_is_told(table):
    with pytest.raises(
        SourceError, match=r'(?s)extraction\.query cannot be read: Binder Error: .*"nope" not found'
    ):
        source(table("SELECT nope FROM t", a={"n": [1]}), "")


def test_names_get_their_values_from_the_environment(monkeypatch, database):
    monkeypatch.setenv("SHOP_FILE", str(database))
    extraction = Extraction(connection="duckdb://${SHOP_FILE}", query="SELECT id FROM sales")

    assert source(extraction, "").to_pyarrow().to_pydict() == {"id": [1]}


def test_a_secret_is_never_told(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "p@ss word")
    address = "postgres://me:${PGPASSWORD}@127.0.0.1:1/db"

    with pytest.raises(
        SourceError, match=r"the database at postgres://me:\$\{PGPASSWORD\}@127.* cannot be opened"
    ) as told:
        source(Extraction(connection=address, query="SELECT 1"), "")

    assert "p@ss word" not in str(told.value)
    assert told.value.__suppress_context__


def test_an_unknown_database_is_told():
    with pytest.raises(SourceError, match="the database at nonsense://x cannot be opened"):
        source(Extraction(connection="nonsense://x", query="SELECT 1"), "")
