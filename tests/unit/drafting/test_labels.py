from __future__ import annotations

import numpy as np
import pytest

from components.contracts.errors import UseCaseError
from tests.unit.drafting.conftest import COIN, NOISE, OTHER, ROWS, frame

WORDS = np.where(COIN, "yes", "no")
RARE = np.where(np.arange(ROWS) % 50 == 0, "a", "b")
THREE = np.arange(ROWS) % 3
GAPS = np.where(COIN, 1.0, np.nan)


@pytest.mark.parametrize(
    ("columns", "label", "task", "positive"),
    [
        pytest.param({"target": OTHER, "b": WORDS}, "target", "regression", None, id="a column named target"),
        pytest.param({"is_late": COIN, "z": OTHER}, "is_late", "classification", 1, id="a column named is_…"),
        pytest.param({"churned": WORDS}, "churned", "classification", "yes", id="yes is the positive one"),
        pytest.param({"class": RARE}, "class", "classification", "a", id="else the rarer one is"),
        pytest.param({"class": COIN.astype(bool)}, "class", "classification", True, id="a boolean"),
        pytest.param({"target": THREE}, "target", "classification", None, id="few whole numbers from 0 are classes"),
        pytest.param({"target": 3 + 2 * THREE}, "target", "regression", None, id="other whole numbers are numbers"),
        pytest.param({"target": COIN * 1.0}, "target", "classification", 1.0, id="two floats are classes"),
        pytest.param({"price": abs(OTHER), "size": NOISE}, "price", "regression", None, id="what is usually predicted"),
        pytest.param({"a": OTHER, "b": OTHER**2}, "b", "regression", None, id="without a hint the last one"),
        pytest.param({"kind": np.where(COIN, "a", "b"), "lab": "here"}, "kind", "classification", "b",
                     id="a column of one value is no last one"),
        pytest.param({"x": OTHER, "y": OTHER**2, "z": NOISE, "price": abs(OTHER)}, "price", "regression", None,
                     id="y beside z is a place"),
        pytest.param({"price_group": WORDS, "revenue": OTHER}, "revenue", "regression", None,
                     id="the last word of a name tells what it is"),
    ],
)  # fmt: skip
def test_the_label_is(look, columns, label, task, positive):
    case, _ = look(frame(**columns))

    assert (case.table.label, case.table.task, case.table.positive) == (label, task, positive)
    assert isinstance(case.table.positive, bool) == isinstance(positive, bool)


def test_the_user_names_the_label(look):
    case, _ = look(frame(target=OTHER, price=abs(OTHER)), label="price")

    assert case.table.label == "price"


@pytest.mark.parametrize(
    ("columns", "label", "message"),
    [
        ({"target": COIN}, "tarket", "did you mean 'target'"),
        ({"target": [None] * ROWS}, "target", "empty in all 400 rows"),
        ({"target": [7] * ROWS}, "target", "is 7 in every row"),
        ({"target": [f"t{i}" for i in range(ROWS)]}, "target", "up to 50 classes"),
        ({"target": [None] * ROWS}, None, "empty in all 400 rows"),
        ({"noise": [1] * ROWS, "target": [7] * ROWS}, None, "is 7 in every row"),
    ],
)
def test_a_label_that_cannot_be_predicted_is_refused(look, columns, label, message):
    with pytest.raises(UseCaseError, match=f"(?i){message}"):
        look(frame(**columns), label)


def test_without_a_label_the_user_is_told_how_to_name_one(look):
    rows = frame(order_id=range(ROWS), text=[f"t{i}" for i in range(ROWS)]).drop(columns="noise")

    with pytest.raises(UseCaseError, match="--label, one of 'order_id', 'text'"):
        look(rows)


def test_with_nothing_to_predict_from_every_column_has_its_reason(look):
    rows = frame(order_id=range(ROWS), same="x", target=COIN).drop(columns="noise")

    with pytest.raises(UseCaseError) as raised:
        look(rows)

    assert "order_id: the key" in str(raised.value)
    assert "same: one value only" in str(raised.value)
