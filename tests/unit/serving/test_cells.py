"""A value fits its column, or is refused: nothing is coerced."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from components.contracts.schema import Column
from components.serving.cells import cell

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def read(kind: str, value: object, nullable: bool = False) -> object:
    return cell(Column(name="x", type=kind, nullable=nullable))(value)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("float64", 1.5, 1.5),
        ("float64", 3, 3.0),
        ("int64", 3, 3),
        ("int64", 3.0, 3),
        ("int64", -(2**63), -(2**63)),
        ("boolean", False, False),
        ("string", "", ""),
        ("timestamp", "2024-03-01T12:00:00Z", NOON),
        ("timestamp", "2024-03-01T13:00:00+01:00", NOON),
        ("timestamp", "2024-03-01 12:00:00", NOON),
        ("timestamp", NOON, NOON),
        ("date", "2024-03-01", date(2024, 3, 1)),
    ],
)
def test_what_fits_is_kept_in_the_columns_type(kind, value, kept):
    found = read(kind, value)

    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("float64", "1.5", "is a text; it must be a number"),
        ("float64", True, "is true; it must be a number"),
        ("float64", math.inf, "is inf"),
        ("float64", math.nan, "is nan; send null"),
        ("float64", 10**400, "too large"),
        ("int64", 3.5, "is a number with a fraction"),
        ("int64", 2.0**60, "is a number with a fraction"),
        ("int64", 2**63, "too large"),
        ("int64", True, "is true"),
        ("boolean", 1, "is a whole number"),
        ("boolean", "true", "is a text"),
        ("string", 5, "is a whole number"),
        ("string", ["a"], "is a list"),
        ("string", {"a": 1}, "is an object"),
        ("timestamp", "yesterday", "no instant"),
        ("timestamp", 1709294400, "is a whole number"),
        ("timestamp", "0001-01-01T00:00:00+14:00", "too far away"),
        ("date", "2024-03-01T12:00:00Z", "no date"),
        ("date", "2024-02-30", "no date"),
        ("float64", None, "not nullable"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_it_is(kind, value, reason):
    with pytest.raises(ValueError, match=reason):
        read(kind, value)


@pytest.mark.parametrize("kind", ["float64", "int64", "boolean", "string", "timestamp", "date"])
def test_null_fits_a_nullable_column(kind):
    assert read(kind, None, nullable=True) is None
