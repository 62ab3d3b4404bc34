"""Rows held out, leaks ruled out, and both told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.errors import DataError, UseCaseError
from components.contracts.sections import Features, Preparation, Table
from components.preparation.prepared import prepare
from tests.builders import schema, use_case

N = 200


def rows(**columns) -> pa.Table:
    values = {
        "at": pa.array(np.arange(N) * 3_600_000_000).cast(pa.timestamp("us", "UTC")),
        "id": np.arange(N),
        "size": np.random.default_rng(0).normal(size=N),
        "colour": ["red", "blue"] * (N // 2),
        "sold": np.random.default_rng(1).random(N) < 0.3,
    }
    return pa.table({**values, **columns})


def prepared(table_rows: pa.Table, **changes):
    case = use_case()
    return prepare(table_rows, Table(**{**case.table.model_dump(), **changes}), schema(), case.preparation)


def test_the_report_describes_each_part():
    parts, report = prepared(rows())

    assert (report.split_by, report.train.rows, report.validation.rows, report.test.rows) == (
        "time",
        130,
        30,
        40,
    )
    assert report.train.end < report.validation.start <= report.validation.end < report.test.start
    assert report.train.positives == rows()["sold"].take(parts.train).to_numpy().mean()
    assert set(report.single_scores) == {"size", "colour"}


def test_the_positive_class_may_be_the_first():
    _, usual = prepared(rows())
    _, turned = prepared(rows(), positive=False)

    assert turned.test.positives == pytest.approx(1 - usual.test.positives)


def test_with_three_classes_there_is_no_positive_share():
    _, report = prepared(rows(sold=[f"c{i % 3}" for i in range(N)]))

    assert report.train.positives is None


def test_for_regression_it_is_the_mean_of_the_label():
    price = np.random.default_rng(2).normal(10, 1, size=N)
    _, report = prepared(rows(sold=price), task="regression")

    assert report.test.positives == pytest.approx(price[-40:].mean())


def test_columns_that_the_snapshot_lacks_are_all_named():
    with pytest.raises(DataError) as caught:
        prepared(rows().drop_columns(["size", "at"]))

    assert caught.value.reasons == ("at", "size")


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({"positive": "yes"}, UseCaseError, "table.positive is 'yes', but 'sold' holds False and True"),
        ({"label": "at"}, UseCaseError, "cast it to text"),
    ],
)
def test_a_use_case_that_does_not_fit_the_rows_is_told(change, kind, reason):
    with pytest.raises(kind, match=reason):
        prepared(rows(), **change)


def test_an_infinite_label_is_told():
    table = Table(task="regression", label="size", event_time="at")
    section = Preparation(features=Features(categorical=("colour",)))

    with pytest.raises(DataError, match="label 'size' is infinite in 1 rows"):
        prepare(rows(size=[np.inf, *range(N - 1)]), table, schema(), section)
