"""Rows whose outcome is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.contracts.errors import UseCaseError
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction, Table
from components.extraction.extract import extract
from components.stores import snapshots

AS_OF = datetime(2013, 2, 1, tzinfo=UTC)
SALES = Table(task="classification", label="sold", event_time="at", available_time="known", key=("id",))
ROWS = "at,id,size,sold,known\n2013-01-30,1,1.5,,\n2013-01-31,2,2.5,true,2013-03-01\n"


def schema(**changes) -> TableSchema:
    """The schema of the rows; changes are environments of columns."""
    types = {"at": "date", "id": "int64", "size": "float64", "sold": "boolean", "known": "date"}
    training = {"known": ["training"], **changes}
    columns = [
        {"name": name, "type": kind, "environments": training.get(name, ["training", "serving"])}
        for name, kind in types.items()
    ]
    return TableSchema.model_validate({"columns": columns})


def extracted(tmp_path, environment: str, **changes):
    (tmp_path / "t.csv").write_text(ROWS)
    source = Extraction(tables={"t": "t.csv"})
    told = extract(SALES, schema(**changes), source, AS_OF, str(tmp_path), str(tmp_path / "s"), environment)
    return snapshots.read(told.snapshot)


def test_they_are_read_for_serving_without_label_and_what_comes_after(tmp_path):
    rows = extracted(tmp_path, "serving")

    assert rows.column_names == ["at", "id", "size"]
    assert rows["id"].to_pylist() == [1, 2]


def test_a_source_that_has_no_outcome_at_all_is_read_for_serving(tmp_path):
    source = Extraction(tables={"t": "t.csv"})
    (tmp_path / "t.csv").write_text("at,id,size\n2013-01-30,1,1.5\n")

    told = extract(SALES, schema(), source, AS_OF, str(tmp_path), str(tmp_path / "s"), "serving")

    assert told.rows == 1


def test_what_names_a_row_must_exist_at_serving(tmp_path):
    with pytest.raises(UseCaseError, match=r"id does not exist at serving.* add serving to its environments"):
        extracted(tmp_path, "serving", id=["training"])


def test_there_are_two_environments(tmp_path):
    with pytest.raises(UseCaseError, match="no environment is named 'testing'"):
        extracted(tmp_path, "testing")
