from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from components.contracts.errors import SourceError
from components.extraction.sources import source

MIDNIGHT = datetime(2013, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None], "float64", [1.0, None]),
        ([1.0, None, -2.0], "int64", [1, None, -2]),
        ([1.0, float("nan")], "int64", [1, None]),
        ([0, 1, None], "boolean", [False, True, None]),
        (["0", "1", "True", "FALSE", None], "boolean", [False, True, True, False, None]),
        (["2013-01-31", "2013-01-31T00:00:00Z", None], "timestamp", [MIDNIGHT, MIDNIGHT, None]),
        (["2013-01-31", None], "date", [date(2013, 1, 31), None]),
        ([date(2013, 1, 31), None], "timestamp", [MIDNIGHT, None]),
        ([MIDNIGHT, None], "date", [date(2013, 1, 31), None]),
        ([datetime(2013, 1, 31)], "timestamp", [MIDNIGHT]),
        (pa.nulls(2), "int64", [None, None]),
        (pa.nulls(2), "timestamp", [None, None]),
        (pa.array([2**53 + 1], pa.int64()), "int64", [2**53 + 1]),
        (pa.array(["a"]).dictionary_encode(), "string", ["a"]),
    ],
)
def test_a_column_becomes_what_the_schema_says(table, schema, values, kind, expected):
    found = source(table(a={"v": values}), "", schema(v=kind)).to_pyarrow()

    assert [row["v"] for row in found.to_pylist()] == expected
    assert str(found.schema.field("v").type) == {
        "boolean": "bool", "float64": "double", "timestamp": "timestamp[us, tz=UTC]", "date": "date32[day]"
    }.get(kind, kind)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "kind", "source_kind"),
    [
        (["1"], "int64", "string"),
        (["1"], "float64", "string"),
        ([1], "string", "int64"),
        ([True], "int64", "boolean"),
        ([1], "timestamp", "int64"),
        ([1.5], "boolean", "float64"),
        ([MIDNIGHT], "string", "timestamp"),
    ],
)
def test_a_changed_type_is_named(table, schema, values, kind, source_kind):
    with pytest.raises(
        SourceError,
        match=f"column 'v' changed type: the schema says {kind}, the source has {source_kind}; mend",
    ):
        source(table(a={"v": values}), "", schema(v=kind))


def test_all_changed_types_are_named(table, schema):
    with pytest.raises(SourceError, match=r"(?s)'a' changed type.*'b' changed type"):
        source(table(x={"a": ["1"], "b": [1]}), "", schema(a="int64", b="string"))


@pytest.mark.parametrize(
    ("values", "kind", "example"),
    [
        ([1.0, 1.5], "int64", "1.5"),
        ([0, 2], "boolean", "2"),
        (["yes", "1"], "boolean", "yes"),
        (["2013-01-31", "soon"], "timestamp", "soon"),
        ([MIDNIGHT, MIDNIGHT.replace(hour=5)], "date", "2013-01-31 05:00:00"),
    ],
)
def test_values_that_would_lose_something_are_named(table, schema, values, kind, example):
    with pytest.raises(
        SourceError, match=rf"column 'v' .*: 1 value\(s\) do not fit {kind}, such as '{example}"
    ):
        source(table(a={"v": values}), "", schema(v=kind))


def test_a_number_too_large_is_an_error(table, schema):
    extraction = table(a={"v": pa.array([2**64 - 1], pa.uint64())})

    with pytest.raises(Exception, match="18446744073709551615"):
        source(extraction, "", schema(v="int64")).to_pyarrow()


def test_a_list_has_no_place_in_a_snapshot(table, schema):
    with pytest.raises(
        SourceError, match=r"column 'v' is array<int64>, which is no string; take its parts in"
    ):
        source(table(a={"v": [[1]]}), "", schema(v="string"))


def test_a_sum_of_whole_numbers_is_one(table):
    assert source(table("SELECT sum(v) AS v FROM t", a={"v": [1, 2]}), "").to_pyarrow().to_pydict() == {
        "v": [3]
    }
