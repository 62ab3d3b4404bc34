from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.analysis.expectations import check_rows
from components.contracts.schema import TableSchema

IDS = ("int64", [1, 2, 3, 4])


def schema(*columns: dict) -> TableSchema:
    return TableSchema.model_validate({"columns": columns})


def found(
    table, *columns: dict, key=(), environment="training", **values
) -> list[tuple[str | None, str, int | None]]:
    anomalies = check_rows(table(**values), schema(*columns), key, environment)
    return [(anomaly.column, anomaly.check, anomaly.rows) for anomaly in anomalies]


def test_rows_that_fit_have_no_anomalies(table):
    columns = [
        {"name": "id", "type": "int64", "unique": True, "min": 1, "max": 4},
        {
            "name": "colour",
            "type": "string",
            "domain": ["red", "blue"],
            "nullable": True,
            "max_null_fraction": 0.5,
        },
        {"name": "at", "type": "timestamp"},
        {"name": "sold", "type": "boolean", "domain": [True, False]},
    ]
    at = [datetime(2013, 1, 1, tzinfo=UTC)] * 4
    values = {
        "id": IDS,
        "colour": ("string", ["red", None, None, "blue"]),
        "at": ("timestamp", at),
        "sold": ("boolean", [True] * 4),
    }

    assert found(table, *columns, key=("id", "colour"), **values) == []


def test_everything_that_is_wrong_is_said_at_once(table):
    columns = [
        {"name": "gone", "type": "int64"},
        {"name": "text", "type": "int64", "min": 0},
        {"name": "low", "type": "float64", "min": 0, "max": 2},
        {"name": "empty", "type": "string"},
        {"name": "sparse", "type": "string", "nullable": True, "max_null_fraction": 0.5},
        {"name": "colour", "type": "string", "domain": ["red"]},
        {"name": "id", "type": "int64", "unique": True},
    ]
    values = {
        "text": ("string", ["a"] * 4),
        "low": ("float64", [-1.0, -2.0, 1.0, 3.0]),
        "empty": ("string", ["a", None, None, "b"]),
        "sparse": ("string", ["a", None, None, None]),
        "colour": ("string", ["red", "green", "blue", "green"]),
        "id": ("int64", [1, 1, 1, 2]),
        "new": ("int64", [0] * 4),
    }

    assert sorted(found(table, *columns, key=("id", "low"), **values)) == sorted([
        ("gone", "present", None), ("text", "type", None), ("low", "min", 2), ("low", "max", 1), ("empty", "not_null", 2),
        ("sparse", "null_fraction", 3), ("colour", "domain", 3), ("id", "unique", 2), ("new", "unknown", None),
    ])  # fmt: skip


def test_an_anomaly_names_the_column_the_rule_the_rows_and_five_values(table):
    rows = table(colour=("string", list("gfedcbag")))
    (anomaly,) = check_rows(rows, schema({"name": "colour", "type": "string", "domain": ["a", "b"]}))

    assert anomaly.examples == ("c", "d", "e", "f", "g")
    assert anomaly.message == "'colour' must be one of a, b; 6 of 8 rows are not, such as c, d, e, f, g"


def test_two_rows_with_one_key_are_an_error(table):
    columns = [{"name": "day", "type": "int64"}, {"name": "shop", "type": "string", "nullable": True}]
    rows = table(day=("int64", [1, 1, 1, 2, 1]), shop=("string", ["a", "b", "a", "a", "a"]))
    (anomaly,) = check_rows(rows, schema(*columns), key=("day", "shop"))

    assert (anomaly.column, anomaly.check, anomaly.rows, anomaly.examples) == (None, "key", 2, ("1 · a",))


def test_a_key_may_have_any_names(table):
    names = ("mark", "count", "part1", "value")
    columns = [{"name": name, "type": "int64"} for name in names]
    (anomaly,) = check_rows(
        table(**{name: ("int64", [1, 2, 1]) for name in names}), schema(*columns), key=names
    )

    assert (anomaly.rows, anomaly.examples) == (1, ("1 · 1 · 1 · 1",))


def test_nulls_do_not_repeat_each_other_in_a_unique_column(table):
    column = {"name": "id", "type": "int64", "unique": True, "nullable": True}

    assert found(table, column, id=("int64", [1, None, None, 2])) == []


@pytest.mark.parametrize(("most", "passes"), [(0.5, True), (0.49, False), (1.0, True)])
def test_nulls_are_allowed_up_to_their_share(table, most, passes):
    column = {"name": "a", "type": "string", "nullable": True, "max_null_fraction": most}

    assert (found(table, column, a=("string", ["x", None])) == []) is passes


def test_nan_is_not_out_of_range_but_the_infinities_are(table):
    column = {"name": "a", "type": "float64", "min": 0, "max": 9}

    assert found(table, column, a=("float64", [1.0, math.nan, math.inf])) == [("a", "max", 1)]


@pytest.mark.parametrize(
    ("kind", "domain", "values"),
    [
        ("int64", [0.0, 1.0, 2.0], [0, 1, 2]),  # whole numbers arrive from KFP as floats
        ("float64", [0, 1], [0.0, 1.0]),
        ("string", ["0", "1"], ["0", "1"]),
        ("boolean", [True], [True]),
        ("date", ["2013-01-01"], [datetime(2013, 1, 1)]),
    ],
)
def test_a_domain_is_read_in_the_type_of_its_column(table, kind, domain, values):
    assert found(table, {"name": "a", "type": kind, "domain": domain}, a=(kind, values)) == []
    assert found(table, {"name": "a", "type": kind, "domain": domain[:0]}, a=(kind, values)) == [
        ("a", "domain", len(values))
    ]


def test_serving_does_not_ask_for_what_is_known_later(table):
    label = {"name": "sold", "type": "boolean", "environments": ["training"]}
    columns = [{"name": "id", "type": "int64"}, label]

    assert found(table, *columns, id=IDS, environment="serving") == []
    assert found(table, *columns, id=IDS) == [("sold", "present", None)]


def test_no_rows_break_no_rule(table):
    column = {"name": "a", "type": "int64", "min": 0, "domain": [1], "unique": True}

    assert found(table, column, a=("int64", [])) == []


def test_hostile_names_and_values_are_only_text(table, hostile):
    columns = [
        {"name": hostile, "type": "string", "domain": [hostile]},
        {"name": "a b", "type": "string", "domain": []},
    ]
    values = {hostile: ("string", [hostile, "' OR 1=1"]), "a b": ("string", [None, hostile])}

    assert found(table, *columns, key=(hostile, "a b"), **values) == [
        (hostile, "domain", 1),
        ("a b", "not_null", 1),
        ("a b", "domain", 1),
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", None])), max_size=12))
def test_repeats_are_counted_as_rows_beyond_the_first_of_their_key(table, pairs):
    columns = [{"name": "n", "type": "int64"}, {"name": "t", "type": "string", "nullable": True}]
    rows = table(n=("int64", [n for n, _ in pairs]), t=("string", [t for _, t in pairs]))
    anomalies = check_rows(rows, schema(*columns), key=("n", "t"))

    assert sum(anomaly.rows or 0 for anomaly in anomalies) == len(pairs) - len(set(pairs))
