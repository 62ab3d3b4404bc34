from __future__ import annotations

import pytest

from components.analysis.anomalies import find_anomalies
from components.contracts.reports import Statistics
from components.contracts.schema import TableSchema
from components.contracts.sections import Table

LABEL = Table(task="classification", label="a")
FEATURE = Table(task="classification", label="other")


def found(column, table=FEATURE, **rules) -> list[tuple[str, str]]:
    schema = TableSchema.model_validate({"columns": [{"name": "a", "type": column.type, **rules}]})
    statistics = Statistics(snapshot="s", rows=column.rows, columns=(column,))
    return [(anomaly.check, anomaly.severity) for anomaly in find_anomalies(statistics, schema, table)]


def test_a_column_with_different_values_is_fine(profile):
    assert found(profile("float64", [1.0, 2.0])) == []


def test_a_snapshot_without_rows_is_one_error(profile):
    assert found(profile("float64", [])) == [("empty", "error")]


def test_a_constant_column_is_a_warning(profile):
    assert found(profile("string", ["x", "x", None])) == [("constant", "warning")]


def test_a_column_of_nulls_is_a_warning_where_nulls_are_allowed(profile):
    nulls = profile("string", [None, None])

    assert found(nulls, nullable=True) == [("all_null", "warning")]
    assert found(nulls) == []  # the schema's rule reports them


def test_values_that_are_not_finite_are_an_error(profile):
    assert found(profile("float64", [1.0, 2.0, float("inf")])) == [("finite", "error")]


@pytest.mark.parametrize("values", [[True, True], [None, None]])
def test_a_label_of_one_value_or_none_is_an_error(profile, values):
    assert found(profile("boolean", values), LABEL) == [("label", "error")]


@pytest.mark.parametrize(
    ("kind", "values", "positive", "passes"),
    [
        ("boolean", [True, False], True, True),
        ("int64", [0, 1], 1.0, True),  # whole numbers arrive from KFP as floats
        ("float64", [0.0, 1.0], 1, True),
        ("string", ["no", "maybe"], "yes", False),
    ],
)
def test_the_positive_class_must_occur(profile, kind, values, positive, passes):
    table = LABEL.model_copy(update={"positive": positive})

    assert (found(profile(kind, values), table) == []) is passes


def test_a_class_that_the_schema_knows_and_no_row_has_is_a_warning(profile):
    assert found(profile("string", ["x", "y"]), LABEL, domain=["x", "y", "z"]) == [("label", "warning")]


def test_a_regression_label_has_no_classes(profile):
    assert found(profile("float64", [1.5, 2.5]), Table(task="regression", label="a", positive=9.0)) == []
