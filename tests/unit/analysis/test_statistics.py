from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from components.analysis import scans
from components.analysis.rows import open_rows
from components.analysis.statistics import SHARES, describe
from components.contracts.schema import TableSchema
from components.contracts.sections import Analysis

NAN, INF = math.nan, math.inf
numbers = st.lists(
    st.one_of(st.none(), st.floats(width=32), st.sampled_from([0.0, -0.0, 1.0])), min_size=1, max_size=40
)
tiny = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_few_values_are_described_exactly(profile):
    column = profile("float64", [3.0, 1.0, 2.0, 2.0, 0.0, None])

    assert (column.rows, column.nulls, column.distinct, column.zeros) == (6, 1, 4, 1)
    assert (column.min, column.max, column.mean, column.std) == (
        0.0,
        3.0,
        1.6,
        pytest.approx(np.std([3, 1, 2, 2, 0])),
    )
    assert column.quantiles == pytest.approx(np.quantile([3, 1, 2, 2, 0], SHARES))
    assert [(value.value, value.count) for value in column.top] == [
        ("2.0", 2),
        ("0.0", 1),
        ("1.0", 1),
        ("3.0", 1),
    ]


def test_nan_and_infinities_stay_out_of_everything_but_their_own_count(profile):
    column = profile("float64", [1.0, NAN, INF, -INF, None, 3.0])

    assert (column.nulls, column.non_finite, column.mean, column.max) == (1, 3, 2.0, 3.0)
    assert sum(bar.count for bar in column.histogram) == 2
    assert [value.value for value in column.top] == ["1.0", "3.0"]


def test_nan_is_seen_where_the_file_says_that_all_lies_between_two_numbers(profile):
    column = profile("float64", [1.0, NAN, 2.0])

    assert (column.non_finite, column.mean, column.quantiles[10]) == (1, 1.5, 1.5)


@pytest.mark.parametrize("kind", ["float64", "int64", "string", "timestamp", "boolean"])
def test_a_column_without_values_has_counts_and_nothing_else(profile, kind):
    column = profile(kind, [None, None])

    assert (column.rows, column.nulls, column.distinct) == (2, 2, 0)
    assert (column.min, column.quantiles, column.histogram, column.top) == (None, (), (), ())


def test_a_table_without_rows_is_described(profile):
    assert profile("float64", []).rows == 0


def test_points_in_time_count_in_seconds_since_1970(profile):
    instants = profile(
        "timestamp", [datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)]
    )
    days = profile("date", [date(1970, 1, 2), date(1970, 1, 4)])

    assert (instants.min, instants.max, instants.zeros) == (1.5, 86_400.0, None)
    assert (days.min, days.max, days.mean) == (86_400.0, 3 * 86_400.0, 2 * 86_400.0)
    assert [value.value for value in days.top] == ["1970-01-02", "1970-01-04"]
    assert instants.top[0].value == "1970-01-01T00:00:01.500000Z"


def test_equally_frequent_values_are_listed_in_their_order(profile):
    column = profile("string", ["b", "c", "a", "c", "b", "ä", None], top=3)

    assert [(value.value, value.count) for value in column.top] == [("b", 2), ("c", 2), ("a", 1)]
    assert column.other == 1


def test_many_different_numbers_are_described_closely(profile):
    values = np.random.default_rng(0).normal(50, 10, 30_000)
    column = profile("float64", values.tolist())

    assert (column.mean, column.std) == (
        pytest.approx(values.mean(), rel=1e-12),
        pytest.approx(values.std(), rel=1e-12),
    )
    assert column.quantiles == pytest.approx(np.quantile(values, SHARES), abs=np.ptp(values) / scans.SLOTS)
    assert [bar.count for bar in column.histogram] == np.histogram(values, 20)[0].tolist()
    assert (column.top, column.other) == ((), 30_000)


def test_a_far_extreme_does_not_blur_the_others(profile):
    values = np.random.default_rng(0).normal(0, 1, 30_000)
    column = profile("float64", [*values.tolist(), 1e300, None, NAN])

    assert column.quantiles[1:-1] == pytest.approx(np.quantile([*values, 1e300], SHARES[1:-1]), abs=0.01)
    assert len([bar for bar in column.histogram if bar.count > 100]) > 10


def test_many_points_in_time_are_described(profile):
    start = datetime(2013, 1, 1, tzinfo=UTC).timestamp()
    column = profile("timestamp", [datetime.fromtimestamp(start + second, UTC) for second in range(30_000)])

    assert (column.min, column.mean, column.max) == (start, pytest.approx(start + 14_999.5), start + 29_999)
    assert column.quantiles[10] == pytest.approx(start + 14_999.5, abs=8)


def test_frequent_texts_are_found_among_many(profile):
    values = [f"user-{number}" for number in range(30_000)] + ["guest"] * 500 + ["admin"] * 50
    column = profile("string", values)

    assert [(value.value, value.count) for value in column.top] == [("guest", 500), ("admin", 50)]
    assert column.other == 30_000
    assert column.distinct == pytest.approx(30_002, rel=0.1)


@tiny
@given(numbers)
def test_every_row_is_counted_once(profile, values):
    column = profile("float64", values, bins=4, top=2)
    finite = column.rows - column.nulls - column.non_finite

    assert sum(bar.count for bar in column.histogram) == finite
    assert sum(value.count for value in column.top) + column.other == finite
    assert list(column.quantiles) == sorted(column.quantiles)
    assert not column.quantiles or (column.quantiles[0], column.quantiles[-1]) == (column.min, column.max)


@tiny
@given(numbers)
def test_counting_slots_agrees_with_counting_values(profile, values):
    by_value = profile("float64", values)
    assume(by_value.distinct > 1)
    with pytest.MonkeyPatch.context() as few:
        few.setattr(scans, "FEW", 1)
        by_slot = profile("float64", values)

    width = 0 if by_value.min is None else max(abs(by_value.min), abs(by_value.max))
    assert (by_slot.min, by_slot.max, by_slot.zeros or 0) == (by_value.min, by_value.max, by_value.zeros or 0)
    assert by_slot.quantiles == pytest.approx(by_value.quantiles, abs=width / 1000)
    assert (by_slot.mean, by_slot.std) == (
        pytest.approx(by_value.mean, abs=width * 1e-9),
        pytest.approx(by_value.std, abs=width * 1e-6),
    )


@tiny
@given(numbers, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(profile, values, random):
    shuffled = random.sample(values, len(values))

    assert profile("float64", shuffled).model_dump_json() == profile("float64", values).model_dump_json()


def test_order_and_threads_change_nothing_in_many_rows(tmp_path):
    random = np.random.default_rng(0)
    table = pa.table({
        "amount": random.lognormal(0, 3, 200_000),
        "user": [f"u{number}" for number in random.zipf(1.3, 200_000) % 90_000],
        "at": pa.array(random.integers(0, 10**15, 200_000), pa.timestamp("us", "UTC")),
    })  # fmt: skip
    schema = TableSchema.model_validate(
        {
            "columns": [
                {"name": n, "type": t}
                for n, t in zip(table.column_names, ["float64", "string", "timestamp"], strict=True)
            ]
        }
    )
    texts = set()
    for threads, rows in ((1, table), (4, table.take(random.permutation(200_000)))):
        pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=20_000 * threads)
        source = open_rows(str(tmp_path / "rows.parquet"), str(tmp_path), threads)
        texts.add(describe(source, schema, Analysis(), "here").model_dump_json())

    assert len(texts) == 1


def test_a_hostile_name_is_only_a_name(table, hostile):
    schema = TableSchema.model_validate(
        {"columns": [{"name": hostile, "type": "string"}, {"name": " ", "type": "float64"}]}
    )
    found = describe(
        table(**{hostile: ("string", [hostile, "a"]), " ": ("float64", [1.5, 2.5])}),
        schema,
        Analysis(),
        "here",
    )

    assert [column.name for column in found.columns] == [hostile, " "]
    assert hostile in [value.value for value in found.columns[0].top]


def test_columns_that_are_missing_or_unknown_are_left_out(table):
    schema = TableSchema.model_validate(
        {"columns": [{"name": "gone", "type": "string"}, {"name": "b", "type": "string"}]}
    )
    found = describe(table(a=("int64", [1]), b=("int64", [2])), schema, Analysis(), "here")

    assert [(column.name, column.type) for column in found.columns] == [("b", "int64")]
