"""What is kept of a prediction, and what is not."""

from __future__ import annotations

import pytest

from components.contracts.errors import UseCaseError
from components.contracts.prediction_logging import PredictionLogging
from components.stores.discretion import Discretion
from tests.predictions import SCHEMA, batch, prediction, predictions

HALF = PredictionLogging(sample=0.5)
MASKED = PredictionLogging(mask={"colour": "drop", "shop": "hash"})


def kept(keep: PredictionLogging, rows: list, salt: str = "pepper") -> list[dict]:
    """What is kept of rows, which is the same by both ways."""
    discretion = Discretion.of(keep, salt)
    by_values = list(discretion.rows(rows))
    assert discretion.batch(batch(rows)).to_pylist() == by_values
    return by_values


def test_everything_is_kept_unless_told_otherwise():
    rows = predictions("a", 3)

    assert kept(PredictionLogging(), rows) == rows
    assert kept(PredictionLogging(sample=0.0), rows) == []


def test_the_sample_is_as_large_as_asked_for_and_the_same_everywhere():
    rows = predictions("a", 10_000)
    sample = kept(HALF, rows)

    assert 4_800 < len(sample) < 5_200
    assert kept(HALF, rows[::-1]) == sample[::-1]


def test_a_larger_sample_holds_the_smaller_one():
    rows = predictions("a", 1_000)
    small, large = (
        {row["id"] for row in kept(PredictionLogging(sample=share), rows)} for share in (0.1, 0.3)
    )

    assert small < large


def test_masked_columns_are_left_out_or_hashed():
    (row,) = kept(MASKED, [prediction("a")])

    assert "inputs.colour" not in row
    assert len(row["keys.shop"]) == 64
    assert Discretion.of(MASKED, "pepper").schema(SCHEMA).field("keys.shop").type == "string"


def test_a_hash_is_equal_for_equal_values_and_differs_with_the_salt():
    one, same, other = (kept(MASKED, [prediction("a", **{"keys.shop": shop})])[0] for shop in (1, 1, 2))
    salted = kept(MASKED, [prediction("a", **{"keys.shop": 1})], salt="thyme")[0]

    assert one == same
    assert len({row["keys.shop"] for row in (one, other, salted)}) == 3


def test_what_is_missing_stays_missing():
    assert kept(MASKED, [prediction("a", **{"keys.shop": None})])[0]["keys.shop"] is None


def test_a_hash_needs_a_salt():
    with pytest.raises(UseCaseError, match=r"shop is to be kept as a hash.*set EVERGREEN_LOG_SALT"):
        Discretion.of(MASKED, "")
