"""Rows fit the model's columns, or each place that does not is named."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from components.contracts.features import KeyedView
from components.contracts.sections import Lookup
from components.serving.form import Form, require_rows
from components.serving.refusal import RefusalError
from tests.models import ROW, model

FORM = Form(model().manifest)


def refused(rows: list) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        FORM.of_objects(rows)
    return caught.value


def places(error: RefusalError) -> list[tuple[str, int | None]]:
    return [(problem.field, problem.row) for problem in error.problems]


def test_a_row_becomes_columns():
    rows = FORM.of_objects([ROW])

    assert rows.count == 1
    assert rows.columns["price"] == [12.5]
    assert rows.columns["day"] == [date(2024, 3, 1)]
    assert "id" not in rows.columns


def test_keys_and_event_time_may_come_with_some_rows():
    rows = FORM.of_objects([{**ROW, "id": 7}, {**ROW, "at": "2024-03-01T06:00:00Z"}])

    assert rows.columns["id"] == [7, None]
    assert rows.columns["at"] == [None, datetime(2024, 3, 1, 6, tzinfo=UTC)]


def test_every_wrong_place_is_named():
    missing = {name: value for name, value in ROW.items() if name != "count"}
    error = refused([{**ROW, "price": "high"}, {**missing, "colour": "red"}, {**ROW, "new": None}])

    assert error.status == 422
    assert places(error) == [("price", 0), ("count", 1), ("colour", 1), ("new", 2)]
    assert "'price' in row 0 is a text; it must be a number" in error.body()["error"]


@pytest.mark.parametrize("row", [[1, 2], "text", None, 5])
def test_a_row_that_is_no_object_is_refused(row):
    assert places(refused([ROW, row])) == [("instances", 1)]


def test_the_label_is_no_column_of_a_request():
    assert places(refused([{**ROW, "late": True}])) == [("late", 0)]


def test_an_answer_lists_few_of_many_problems():
    error = refused([{**ROW, "price": "high"}] * 500)

    assert len(error.body()["problems"]) == 20
    assert "and 480 more" in error.body()["error"]


def test_columns_are_checked_as_rows_are():
    columns = {name: [value, value] for name, value in ROW.items()}

    assert FORM.of_columns(columns, 2).columns == FORM.of_objects([ROW, ROW]).columns
    with pytest.raises(RefusalError) as caught:
        FORM.of_columns({**columns, "price": [1.0, "x"], "colour": ["red", "red"]}, 2)
    assert places(caught.value) == [("colour", None), ("price", 1)]


@pytest.mark.parametrize(("count", "status"), [(0, 422), (11, 413)])
def test_no_rows_and_too_many_are_refused(count, status):
    with pytest.raises(RefusalError) as caught:
        require_rows(count, 10)

    assert caught.value.status == status


def with_lookup() -> Form:
    """A form whose price and shop are looked up by the id, which rows have otherwise too, and a street, which they have not."""
    lookup = Lookup(view="shops", columns=("price", "shop"))
    view = KeyedView(lookup=lookup, keys={"id": "int64", "street": "string"})
    return Form(model().manifest.model_copy(update={"lookups": (view,)}))


KEYED = {name: value for name, value in ROW.items() if name not in ("price", "shop")}
KEYS = {"id": 7, "street": "High"}


def test_a_row_with_keys_may_leave_out_what_is_looked_up():
    rows = with_lookup().of_objects([KEYED | KEYS])

    assert rows.absent.keys() == {"price", "shop"}
    assert (rows.columns["price"], rows.columns["street"]) == ([None], ["High"])


def test_of_several_rows_each_may_leave_out_something_else():
    rows = with_lookup().of_objects([ROW, KEYED | KEYS, KEYED | KEYS | {"price": None}])

    assert rows.absent == {"price": [1], "shop": [1, 2]}


def test_columns_may_be_left_out_whole():
    columns = {name: [value, value] for name, value in (KEYED | KEYS | {"price": 1}).items()}

    rows = with_lookup().of_columns(columns, 2)

    assert {name: list(places) for name, places in rows.absent.items()} == {"shop": [0, 1]}
    assert rows.columns["shop"] == [None, None]


@pytest.mark.parametrize("rows", [[KEYED | {"id": 7}], [ROW, KEYED | {"id": 7}]], ids=["one", "two"])
def test_a_missing_key_is_named(rows):
    with pytest.raises(RefusalError) as caught:
        with_lookup().of_objects(rows)

    assert places(caught.value) == [("street", len(rows) - 1)]
    assert "what is looked up by it: price, shop" in caught.value.body()["error"]


def test_a_missing_key_of_columns_is_named():
    with pytest.raises(RefusalError) as caught:
        with_lookup().of_columns({name: [value] for name, value in (KEYED | {"street": "High"}).items()}, 1)

    assert places(caught.value) == [("id", None)]


def test_what_is_not_looked_up_may_not_be_left_out():
    with pytest.raises(RefusalError) as caught:
        with_lookup().of_objects([{name: value for name, value in (ROW | KEYS).items() if name != "count"}])

    assert places(caught.value) == [("count", 0)]
