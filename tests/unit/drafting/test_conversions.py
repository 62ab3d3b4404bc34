from __future__ import annotations

import numpy as np
import pytest

from tests.unit.drafting.conftest import COIN, OTHER, ROWS, days, frame

HALVES = np.arange(ROWS) / 2


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        pytest.param(days().strftime("%Y-%m-%d"), "date", id="dates"),
        pytest.param(days().strftime("%d.%m.%Y"), "date", id="dates with dots"),
        pytest.param(days().strftime("%m/%d/%Y"), "date", id="American dates"),
        pytest.param(days().strftime("%d/%m/%Y %H:%M"), "timestamp", id="European times"),
        pytest.param(days().strftime("%d-%b-%Y"), "date", id="dates with the month's name"),
        pytest.param(days().strftime("%B %d, %Y"), "date", id="dates in words"),
        pytest.param(days().strftime("%Y-%m-%dT%H:%M:%SZ"), "timestamp", id="times in UTC"),
        pytest.param(days().strftime("%Y%m%d").astype(int), "date", id="dates as whole numbers"),
        pytest.param(days().as_unit("s").astype("int64"), "timestamp", id="seconds since 1970"),
        pytest.param([str(one) for one in HALVES], "float64", id="numbers"),
        pytest.param(
            [f" {one} " for one in range(ROWS)], "int64", id="whole numbers with blanks around them"
        ),
        pytest.param([f"{one:.1f}".replace(".", ",") for one in HALVES], "float64", id="a decimal comma"),
        pytest.param([f"1,{one:03d}" for one in range(ROWS)], "float64", id="commas between thousands"),
        pytest.param([f"${one:.2f}" for one in HALVES], "float64", id="dollars"),
        pytest.param(
            ["?" if one % 9 == 0 else str(one) for one in HALVES], "float64", id="a question mark for nothing"
        ),
        pytest.param([f"{one:05d}" for one in range(ROWS)], "string", id="codes that begin with 0"),
        pytest.param([f"N{one % 7}" for one in range(ROWS)], "string", id="words"),
        pytest.param(np.where(COIN[::-1], "yes", "no"), "string", id="yes and no"),
    ],
)
def test_text_becomes_what_it_holds(look, texts, kind):
    case, drafted = look(frame(date=texts, target=COIN))

    assert drafted.schema.column("date").type == kind
    assert kind != "string" or case.extraction.query is None


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])
def test_what_the_schemas_type_says_needs_no_query(look, form):
    case, _ = look(frame(when=days().strftime(form), target=COIN))

    assert case.extraction.query is None
    assert case.table.event_time == "when"


def test_an_offset_from_utc_is_not_lost(look):
    _, drafted = look(frame(at=days().strftime("%Y-%m-%dT%H:%M:%S+02:00"), target=COIN))

    assert "they are of 2022-12-31 to" in " ".join(drafted.usecase_yaml.replace("#", "").split())


def test_a_date_that_may_be_read_two_ways_is_doubted(look):
    _, drafted = look(
        frame(when=[f"{1 + i % 12:02d}/{1 + i % 7:02d}/{1990 + i % 30}" for i in range(ROWS)], target=COIN)
    )

    assert "no day above 12 tells" in drafted.usecase_yaml


def test_text_that_nearly_converts_is_left_as_it_is_and_noted(look):
    _, drafted = look(frame(size=["oops", *map(str, HALVES[1:])], target=COIN))

    assert drafted.schema.column("size").type == "string"
    assert any("1 of 400 values do not, such as 'oops'" in note for note in drafted.notes)


def test_year_and_month_make_a_time(look):
    case, drafted = look(frame(year=days().year, month=days().month, day=days().day, target=COIN))

    assert case.table.event_time == "event_date"
    assert drafted.schema.column("event_date").type == "date"


def test_infinite_numbers_are_taken_for_missing(look):
    case, drafted = look(frame(size=np.where(np.arange(ROWS) == 3, np.inf, OTHER), target=COIN))

    assert "isfinite" in (case.extraction.query or "")
    assert drafted.schema.column("size").nullable
