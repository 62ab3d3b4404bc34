from datetime import UTC, date, datetime

import pytest

from components.contracts.errors import DataError, SourceError
from components.extraction.sources import source


def rows(extraction, schema=None):
    return source(extraction, "", schema).to_pyarrow().to_pylist()


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(table, sign):
    text = sign.join(["a", f'"b {sign} c"']) + "\n" + sign.join(["1", "x"]) + "\n"

    assert rows(table(a=text)) == [{"a": 1, f"b {sign} c": "x"}]


def test_what_stands_for_nothing_is_null(table):
    text = 'x,s\n,""\nNA,N/A\nnull,NaN\n1.5,a\n'

    assert rows(table(a=text)) == [{"x": None, "s": None}] * 3 + [{"x": 1.5, "s": "a"}]


def test_quotes_hold_delimiters_and_line_ends(table):
    assert rows(table(a='s,n\n"a,\nb ""c""",1\n')) == [{"s": 'a,\nb "c"', "n": 1}]


def test_a_byte_order_mark_windows_line_ends_and_an_index_do_no_harm(table):
    assert rows(table(a="\ufeff,n,s\r\n0,7,a\r\n")) == [{"n": 7, "s": "a"}]


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (["1", "-20", "NA"], "int64", 1),
        (["1", "2.5"], "float64", 1.0),
        (["1e3", "-2"], "float64", 1000.0),
        (["00501", "10001"], "string", "00501"),
        (["true", "FALSE"], "boolean", True),
        (["2013-01-31", ""], "date", date(2013, 1, 31)),
        (["2013-01-31", "2013-01-31T05:00:00Z"], "timestamp('UTC', 6)", datetime(2013, 1, 31, tzinfo=UTC)),
        (["2013-01-31 05:00"], "timestamp('UTC', 6)", datetime(2013, 1, 31, 5, tzinfo=UTC)),
        (["01/31/2013"], "string", "01/31/2013"),
        (["99999999999999999999"], "float64", 1e20),
        (["", "NA"], "string", None),
    ],
)
def test_a_type_is_inferred_from_all_values(table, values, kind, first):
    extraction = table(
        a="\n".join(["id,v", *(f"{place},{value}" for place, value in enumerate(values))]) + "\n"
    )
    found = source(extraction, "")

    assert str(found.schema()["v"]) == kind
    assert found.order_by("id").to_pyarrow().to_pylist()[0]["v"] == first


def test_a_type_is_not_guessed_from_a_sample(table):
    lines = [str(number) for number in range(50_000)]

    assert str(source(table(a="\n".join(["v", *lines, "x"])), "").schema()["v"]) == "string"


def test_a_query_sees_inferred_types(table):
    assert rows(table("SELECT n + 1 AS m FROM t", a="n\n1\n")) == [{"m": 2}]


def test_the_schema_decides_the_types(table, schema):
    text = "code,n,x,ok,at\n007,12.0,1,1,2013-01-31\n8,,2.5,false,2013-01-31 06:00:00+01:00\n"
    wanted = schema(code="string", n="int64", x="float64", ok="boolean", at="timestamp")

    assert rows(table(a=text), wanted) == [
        {"code": "007", "n": 12, "x": 1.0, "ok": True, "at": datetime(2013, 1, 31, tzinfo=UTC)},
        {"code": "8", "n": None, "x": 2.5, "ok": False, "at": datetime(2013, 1, 31, 5, tzinfo=UTC)},
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int64", "1.5"),
        ("int64", "abc"),
        ("float64", "1,5"),
        ("boolean", "yes"),
        ("timestamp", "soon"),
        ("date", "2013-02-30"),
    ],
)
@pytest.mark.parametrize("query", [None, "SELECT * FROM t"])
def test_a_value_that_does_not_fit_is_named_with_its_column_and_file(table, schema, kind, value, query):
    fitting = {"int64": "1", "float64": "1", "boolean": "1", "timestamp": "2013-01-01", "date": "2013-01-01"}[
        kind
    ]
    extraction = table(query, a=f"id;v\n1;{fitting}\n", b=f"id;v\n2;{fitting}\n3;{value}\n")

    with pytest.raises(
        SourceError, match=rf"column 'v' .*: 1 value\(s\) do not fit {kind}, such as '{value}' in .*b\.csv"
    ):
        source(extraction, "", schema(id="int64", v=kind))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["01/31/2013", "02/01/2013"], [date(2013, 1, 31), date(2013, 2, 1)]),
        (["31/01/2013", "01/02/2013"], [date(2013, 1, 31), date(2013, 2, 1)]),
        (["31.01.2013"], [date(2013, 1, 31)]),
        (["20130131"], [date(2013, 1, 31)]),
        (["31 January 2013", "1 February 2013"], [date(2013, 1, 31), date(2013, 2, 1)]),
        (["31-Jan-2013"], [date(2013, 1, 31)]),
    ],
)
def test_dates_are_read_as_the_whole_column_writes_them(table, schema, values, expected):
    found = rows(table(a="\n".join(["d", *values]) + "\n"), schema(d="date"))

    assert [row["d"] for row in found] == expected


def test_a_time_of_day_is_not_dropped_to_make_a_date(table, schema):
    with pytest.raises(SourceError, match=r"'d' .* do not fit date, such as '2013-01-01 05:00:00'"):
        source(table(a="d\n2013-01-01 05:00:00\n"), "", schema(d="date"))


def test_columns_that_are_missing_are_all_named(table, schema):
    with pytest.raises(DataError) as told:
        source(table(a="n\n1\n"), "", schema(n="int64", x="float64", s="string"))

    assert told.value.reasons == ("'x' (float64)", "'s' (string)")


def test_columns_that_the_schema_lacks_are_dropped(table, schema):
    assert rows(table(a="n,more\n1,2\n"), schema(n="int64")) == [{"n": 1}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"a\.csv is empty"),
        ("a,b,a\n1,2,3\n", r"a\.csv has more than one column named a"),
        ("a,b\n1,2,3\n", r"a\.csv cannot be read: .*Expected 2 columns, got 3"),
    ],
)
def test_a_file_that_is_no_csv_is_named(table, text, message):
    with pytest.raises(SourceError, match=message):
        source(table(a=text), "")


def test_another_encoding_is_named(table, tmp_path):
    extraction = table(a="s,n\nx,1\n")
    next(tmp_path.glob("*/a.csv")).write_bytes("s,n\nZürich,1\n".encode("latin-1"))

    with pytest.raises(SourceError, match=r"a\.csv cannot be read: .*invalid UTF8"):
        source(extraction, "")


def test_files_may_have_their_columns_in_another_order(table):
    found = rows(table(a="n,s\n1,a\n", b="s,n\nb,2\n"))

    assert sorted((row["n"], row["s"]) for row in found) == [(1, "a"), (2, "b")]


def test_a_file_with_a_header_alone_has_no_rows(table, schema):
    assert rows(table(a="n\n"), schema(n="int64")) == []
