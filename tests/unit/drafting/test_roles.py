from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.drafting.conftest import COIN, OTHER, RANDOM, ROWS, days, frame

HOURS = pd.Series(days()) + pd.to_timedelta(RANDOM.integers(1, 24, ROWS), unit="h")


@pytest.mark.parametrize(
    ("columns", "event_time", "available_time"),
    [
        pytest.param({"when": days()}, "when", None, id="the only time"),
        pytest.param({"updated": HOURS, "created": days()}, "created", None, id="created, not updated"),
        pytest.param({"at": days(), "loaded_at": HOURS}, "at", "loaded_at", id="what is loaded later is available then"),
        pytest.param({"birthdate": days("1980-01-01")}, None, None, id="no birth date"),
        pytest.param({"when": pd.to_datetime(["2023-01-01", "2023-01-02"] * (ROWS // 2))}, None, None,
                     id="not two days alone"),
        pytest.param({"when": np.where(COIN, days(), np.datetime64("NaT"))}, None, None, id="none with many gaps"),
        pytest.param({"a": OTHER}, None, None, id="none where there is no time"),
    ],
)  # fmt: skip
def test_the_times_are(look, columns, event_time, available_time):
    case, _ = look(frame(**columns, target=COIN))

    assert (case.table.event_time, case.table.available_time) == (event_time, available_time)
    assert case.preparation.split.by == ("time" if event_time else "label")


def test_a_time_after_the_event_is_no_feature(look):
    case, drafted = look(frame(started=days(), finished=HOURS, target=COIN))

    assert case.preparation.features.calendar == ("started",)
    assert drafted.schema.column("finished").environments == ("training",)


PLACES = np.repeat(["a", "b", "c", "d"], ROWS // 4)
WEEKS = np.tile(days()[:100], 4)


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        pytest.param(
            {"order_id": RANDOM.permutation(ROWS) * 17}, ("order_id",), id="another id in every row"
        ),
        pytest.param({"n": range(1000, 1000 + ROWS)}, ("n",), id="a number that counts the rows"),
        pytest.param({"uuid": [f"u{i}" for i in range(ROWS)]}, ("uuid",), id="a text id"),
        pytest.param({"when": WEEKS, "city": PLACES}, ("when", "city"), id="a thing at a time"),
        pytest.param(
            {"city": PLACES, "day": np.tile([f"d{i}" for i in range(100)], 4)},
            ("day", "city"),
            id="two names",
        ),
        pytest.param({"a": OTHER}, (), id="no float, though it differs in every row"),
        pytest.param(
            {"income": RANDOM.permutation(ROWS) * 17}, (), id="no amount, though it differs in every row"
        ),
    ],
)
def test_the_key_is(look, columns, key):
    case, _ = look(frame(**columns, target=COIN))

    assert case.table.key == key


def test_exact_copies_are_left_out_where_an_id_tells_that_they_are(look):
    rows = frame(order_id=range(ROWS), target=COIN)

    case, drafted = look(pd.concat([rows, rows[:5]]))

    assert case.table.key == ("order_id",)
    assert "SELECT DISTINCT *" in (case.extraction.query or "")
    assert drafted.schema.column("order_id").unique


def test_rows_that_share_an_id_and_differ_are_all_kept(look):
    case, _ = look(frame(order_id=[0, *range(ROWS - 1)], target=COIN))

    assert (case.table.key, case.extraction.query) == ((), None)


def test_rows_of_one_thing_stay_together_where_there_is_no_time(look):
    case, _ = look(frame(patient_id=RANDOM.integers(0, 60, ROWS), target=COIN))

    assert (case.table.group, case.preparation.split.by) == ("patient_id", "group")
    assert "patient_id" not in case.preparation.features.names()


def test_with_time_no_group_is_needed(look):
    case, _ = look(frame(patient_id=RANDOM.integers(0, 60, ROWS), when=days(), target=COIN))

    assert case.table.group is None
