"""Which rows are held out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import DataError, UseCaseError
from components.contracts.sections import Split, Table
from components.preparation.split import split

BY_TIME = Table(task="classification", label="y", event_time="at")
BY_GROUP = Table(task="classification", label="y", group="shop")
BY_LABEL = Table(task="classification", label="y")
NUMBERS = Table(task="regression", label="y")


def table(y: list, hours: list[int] | None = None, shops: list | None = None) -> pa.Table:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    at = [start + timedelta(hours=hour) for hour in (hours or range(len(y)))]
    columns = {"y": y, "at": pa.array(at, pa.timestamp("us", "UTC")), "shop": shops or list(range(len(y)))}
    return pa.table(columns)


def test_by_time_the_latest_rows_are_held_out():
    rows = table([0, 1] * 50, hours=[(7 * i) % 100 for i in range(100)])

    parts = split(rows, BY_TIME, Split(validation=0.1, test=0.2))

    assert [len(part) for part in parts.named().values()] == [70, 10, 20]
    order = [rows["at"][int(place)] for part in parts.named().values() for place in part]
    assert order == sorted(order, key=lambda at: at.as_py())


@given(st.lists(st.integers(0, 30), min_size=20, max_size=120))
@settings(max_examples=60, deadline=None)
def test_by_time_every_row_is_on_one_side_and_no_instant_on_two(hours):
    rows = table([0.5] * len(hours), hours=hours)
    try:
        parts = split(rows, NUMBERS.model_copy(update={"event_time": "at"}), Split())
    except DataError:
        assert len(set(hours)) <= 3 or max(hours.count(hour) for hour in hours) > len(hours) // 3
        return

    sides = list(parts.named().values())
    assert sorted(np.concatenate(sides)) == list(range(len(hours)))
    instants = [{hours[place] for place in side} for side in sides]
    assert max(instants[0]) < min(instants[1]) <= max(instants[1]) < min(instants[2])


def test_dates_are_instants_too():
    days = pa.array([datetime(2024, 1, 1) + timedelta(days=i) for i in range(40)]).cast(pa.date32())
    rows = pa.table({"y": [0, 1] * 20, "at": days})

    assert len(split(rows, BY_TIME, Split(test=0.25)).test) == 10


def test_by_group_whole_groups_are_held_out():
    shops = [f"s{i % 12}" for i in range(240)]
    rows = table([i // 12 % 2 for i in range(240)], shops=shops)

    parts = split(rows, BY_GROUP, Split())

    held = [{shops[place] for place in part} for part in parts.named().values()]
    assert all(not one & other for one, other in combinations(held, 2))
    assert 0.1 <= len(parts.test) / 240 <= 0.35


def test_rows_without_a_group_stay_together():
    shops = [None] * 30 + [f"s{i % 9}" for i in range(90)]
    rows = table([i % 2 for i in range(120)], shops=shops)

    sides = split(rows, BY_GROUP, Split()).named().values()

    assert sum(any(shops[place] is None for place in side) for side in sides) == 1


def test_by_label_every_part_has_the_same_share_of_a_rare_class():
    y = ["no"] * 990 + ["yes"] * 10
    parts = split(table(y), BY_LABEL, Split(validation=0.2, test=0.2))

    assert [sum(y[place] == "yes" for place in part) for part in parts.named().values()] == [6, 2, 2]


def test_a_class_with_too_few_rows_is_named():
    with pytest.raises(DataError, match=r"'c' has 2 rows and none in train; leave it out"):
        split(table(["a", "b"] * 20 + ["c"] * 2), BY_LABEL, Split())


@pytest.mark.parametrize("use", [BY_GROUP, BY_LABEL, NUMBERS])
def test_the_same_seed_holds_out_the_same_rows_and_another_does_not(use):
    rows = table([0, 1] * 100, shops=[i // 5 for i in range(200)])
    first, again, other = (split(rows, use, Split(seed=seed)) for seed in (1, 1, 2))

    assert first.test.tolist() == again.test.tolist() != other.test.tolist()


def test_rows_without_a_label_are_left_out_and_counted():
    y = [0.0, 1.0, None, float("nan")] * 10
    parts = split(table(y), BY_TIME, Split())

    assert parts.unlabelled == 20
    assert all(place % 4 < 2 for part in parts.named().values() for place in part)


@pytest.mark.parametrize(
    ("rows", "use", "reason"),
    [
        (table([0, 1] * 4), BY_TIME, "8 rows have a label"),
        (table([None] * 50), BY_TIME, "0 rows have a label"),
        (table([0, 1] * 20, hours=[5] * 40), BY_TIME, "too few distinct values"),
        (table([0, 1] * 20, shops=["one"] * 40), BY_GROUP, "too few groups"),
        (table([1] * 40), BY_TIME, "all rows have the same 'y', 1"),
        (table([0, 1] * 16 + [1] * 8), BY_TIME, "test holds only rows with 'y' 1"),
        (
            table([0, 1] * 20).drop_columns(["at"]),
            BY_TIME,
            "column 'at', named by table.event_time, is missing",
        ),
    ],
)
def test_what_cannot_be_split_is_told(rows, use, reason):
    with pytest.raises(DataError, match=reason):
        split(rows, use, Split())


def test_a_missing_event_time_is_told():
    rows = table([0, 1] * 20)
    at = pa.array([None, *rows["at"].to_pylist()[1:]], pa.timestamp("us", "UTC"))

    with pytest.raises(DataError, match="1 rows have no 'at'"):
        split(rows.set_column(1, "at", at), BY_TIME, Split())


def test_numbers_cannot_be_stratified():
    with pytest.raises(UseCaseError, match="by is label, which needs a classification"):
        split(table([0.5] * 40), NUMBERS, Split(by="label"))
