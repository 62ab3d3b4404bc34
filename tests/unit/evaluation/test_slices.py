import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import UseCaseError
from components.contracts.sections import Slice
from components.evaluation.slices import MOST_VALUES, members

ROWS = pa.table(
    {
        "shop": ["a", "b", None, "a"],
        "open": [True, False, None, True],
        "size": [1.0, 2.0, math.nan, 4.0],
        "count": [1, 2, 3, None],
    }
)


def rows_of(table, *slices):
    return {(part.column, part.value): part.rows.tolist() for part in members(table, slices)}


def test_each_value_is_a_slice_and_so_is_a_missing_one():
    assert rows_of(ROWS, Slice(column="shop"), Slice(column="open")) == {
        ("shop", "a"): [0, 3],
        ("shop", "b"): [1],
        ("shop", "missing"): [2],
        ("open", "true"): [0, 3],
        ("open", "false"): [1],
        ("open", "missing"): [2],
    }


def test_numbers_are_cut_at_quantiles():
    assert rows_of(ROWS, Slice(column="size", bins=2), Slice(column="count", bins=2)) == {
        ("size", "[1, 2)"): [0],
        ("size", "[2, 4]"): [1, 3],
        ("size", "missing"): [2],
        ("count", "[1, 2)"): [0],
        ("count", "[2, 3]"): [1, 2],
        ("count", "missing"): [3],
    }


def test_rare_values_are_taken_together():
    names = [f"v{place % (MOST_VALUES + 10):02}" for place in range(2 * MOST_VALUES + 20)] + ["v00"]
    found = rows_of(pa.table({"name": names}), Slice(column="name"))
    assert len(found) == MOST_VALUES + 1
    assert len(found["name", "v00"]) == 3
    assert len(found["name", "other"]) == 20


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(), st.sampled_from([1.0, 2.0])), min_size=1, max_size=80),
    st.integers(2, 20),
)
def test_every_row_is_in_one_slice(values, bins):
    table = pa.table({"x": pa.array(values, pa.float64())})
    for part in (Slice(column="x"), Slice(column="x", bins=bins)):
        covered = np.concatenate([found.rows for found in members(table, [part])])
        assert sorted(covered.tolist()) == list(range(len(values)))


def test_all_slices_that_do_not_fit_are_named():
    with pytest.raises(
        UseCaseError, match=r"no column 'gone'(.|\n)*'shop' is a string and cannot be cut into bins"
    ):
        members(ROWS, [Slice(column="gone"), Slice(column="shop", bins=3)])
