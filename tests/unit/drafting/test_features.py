from __future__ import annotations

import numpy as np
import pytest

from tests.unit.drafting.conftest import COIN, OTHER, RANDOM, ROWS, days, frame

CITIES = RANDOM.choice(["a", "b", "c"], ROWS)
GAPS = np.where(RANDOM.random(ROWS) < 0.3, np.nan, OTHER)
MANY = [f"m{i}" for i in RANDOM.integers(0, 80, ROWS)]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        pytest.param("size", OTHER, "numeric", id="a number is numeric"),
        pytest.param("size", GAPS, "numeric", id="a number with gaps is numeric"),
        pytest.param("member", COIN.astype(bool)[::-1], "numeric", id="a boolean is numeric"),
        pytest.param("rooms", RANDOM.integers(1, 6, ROWS), "numeric", id="a small count is numeric"),
        pytest.param("city", CITIES, "categorical", id="a text of few values is categorical"),
        pytest.param("brand", MANY, "categorical", id="a text of many values is categorical"),
        pytest.param("plan type", RANDOM.integers(1, 4, ROWS), "categorical", id="a code is categorical"),
        pytest.param("when", days(), "calendar", id="a time is read as a calendar"),
    ],
)
def test_how_a_column_is_read(look, name, values, kind):
    case, _ = look(frame(**{name: values}, target=COIN))

    assert name in getattr(case.preparation.features, kind)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        pytest.param("country", "NO", "one value only", id="a constant"),
        pytest.param("memo", [None] * ROWS, "empty in every row", id="an empty column"),
        pytest.param(
            "comment", [f"words {i}" for i in range(ROWS)], "free text", id="another text in every row"
        ),
        pytest.param("index", range(ROWS), "the key", id="what counts the rows"),
        pytest.param(
            "user_id", RANDOM.integers(0, 100, ROWS), "the group", id="an id of things that come and go"
        ),
        pytest.param("rare", [1.0] + [None] * (ROWS - 1), "one value only", id="one value among gaps"),
    ],
)
def test_what_is_left_out_has_its_reason(look, name, values, reason):
    case, drafted = look(frame(**{name: values}, target=COIN))

    line = next(
        line for line in drafted.usecase_yaml.splitlines() if line.strip().startswith(f"#   {name}: ")
    )
    assert reason in line
    assert name not in case.preparation.features.names()


def test_what_only_grows_with_time_is_left_out(look):
    case, drafted = look(frame(when=days(), odometer=np.arange(ROWS) * 3.5, target=COIN))

    assert "odometer" not in case.preparation.features.names()
    assert "odometer: grows with when" in drafted.usecase_yaml


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        pytest.param(
            "copy", COIN + RANDOM.normal(0, 0.01, ROWS), "alone predicts", id="a near-copy of the label"
        ),
        pytest.param("word", np.where(COIN, "up", "down"), "alone predicts", id="a copy in other words"),
        pytest.param(
            "refund", np.where(COIN & (OTHER > 0), OTHER, np.nan), "filled only where", id="filled afterwards"
        ),
        pytest.param("days_after", OTHER, "its name (after)", id="a name that says so"),
        pytest.param("target_rank", OTHER, "holds the label's", id="a name that holds the label's"),
    ],
)
def test_what_leaks_is_left_out_and_for_training_alone(look, name, values, reason):
    case, drafted = look(frame(**{name: values}, target=COIN))

    assert name not in case.preparation.features.names()
    assert reason in drafted.schema.column(name).description
    assert drafted.schema.column(name).environments == ("training",)
    assert any(name in note for note in drafted.notes)


def test_what_is_missing_together_with_the_label_is_known_with_it(look):
    unknown = np.arange(ROWS) % 10 == 0
    label, together = np.where(unknown, np.nan, OTHER), np.where(unknown, np.nan, RANDOM.normal(size=ROWS))

    case, drafted = look(frame(together=together, apart=np.roll(GAPS, 7), target=label))

    assert "apart" in case.preparation.features.names()
    assert "known together with it" in drafted.schema.column("together").description


def test_an_honest_feature_that_predicts_well_stays(look):
    case, _ = look(frame(good=COIN + RANDOM.normal(0, 0.6, ROWS), target=COIN))

    assert "good" in case.preparation.features.names()


def test_classes_of_a_few_rows_are_left_out_of_the_source(look):
    label = np.where(np.arange(ROWS) < 2, "once", CITIES)

    case, drafted = look(frame(**{"class": label}))

    assert "NOT IN ('once')" in (case.extraction.query or "")
    assert drafted.schema.column("class").domain == ("a", "b", "c")
