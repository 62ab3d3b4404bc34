"""What a broken sender does is told apart from what a season does."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from components.contracts.watching import Feed
from components.monitoring.feed import labels_missing, problems
from tests.unit.monitoring.conftest import DAILY, collection, served, watched

BEFORE, NOW = served(days=60), served(days=30, start=60)


def with_column(name: str, values) -> pa.Table:
    return NOW.set_column(NOW.column_names.index(name), name, values)


def last_days(count: int, broken: pa.ChunkedArray, whole: pa.ChunkedArray) -> pa.ChunkedArray:
    cut = (30 - count) * DAILY
    return pa.chunked_array([*whole.slice(0, cut).chunks, *broken.slice(cut).chunks])


def found(now=NOW, lacking=(), retyped=None, **changes) -> tuple[str, ...]:
    return problems(collection(**changes), watched(BEFORE, now), lacking, retyped or {}, Feed())


def test_whole_rows_have_no_problem():
    assert found() == ()


def test_a_season_is_no_problem():
    warmer = with_column("inputs.size", pc.add(NOW["inputs.size"], 15.0))

    assert found(warmer) == ()


@pytest.mark.parametrize("days", [30, 1])
def test_a_column_that_turned_null_is_named(days):
    size = NOW["inputs.size"]
    nulls = pa.chunked_array([pa.nulls(len(size), pa.float64())])

    (problem,) = found(with_column("inputs.size", last_days(days, nulls, size)))

    assert problem.startswith("'size' is null in")


@pytest.mark.parametrize("days", [30, 1])
def test_units_times_a_thousand_are_named(days):
    size = NOW["inputs.size"]

    (problem,) = found(with_column("inputs.size", last_days(days, pc.multiply(size, 1000.0), size)))

    assert "times as large" in problem
    assert "unit" in problem


@pytest.mark.parametrize("days", [30, 1])
def test_a_renamed_category_is_named_with_the_one_that_is_gone(days):
    colour = NOW["inputs.colour"]
    renamed = pc.replace_substring(colour, "red", "crimson")

    (problem,) = found(with_column("inputs.colour", last_days(days, renamed, colour)))

    assert "does not know" in problem
    assert "gone: 'red'" in problem


def test_values_that_are_not_finite_are_named():
    values = pa.array([float("nan")] * 300 + [10.0] * (30 * DAILY - 300))

    assert any("not finite" in problem for problem in found(with_column("inputs.size", values)))


def test_a_clock_ahead_is_named():
    assert found(ahead=1_000) == ("17% of the rows are of a time after they were answered: a clock is wrong",)


def test_a_clock_that_jumped_leaves_a_gap():
    jumped = pa.concat_tables([NOW.slice(0, 10 * DAILY), NOW.slice(20 * DAILY)])

    (problem,) = found(jumped)

    assert problem.startswith("no rows from 2013-03-12 to 2013-03-21")


def test_a_sender_that_stopped_is_named():
    assert found(NOW.slice(0, 20 * DAILY))[0].startswith("no rows from 2013-03-22 to 2013-03-31")


def test_an_empty_log_is_named():
    (problem,) = problems(collection(rows=0), [], (), {}, Feed())

    assert problem.startswith("nothing was served")


def test_a_changed_schema_is_named():
    assert found(lacking=["weight"], retyped={"size": "string"}) == (
        "'weight' is not in the log, and the model takes it",
        "'size' is string in the log",
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"labelled": 100}, "2% of the 6,000 labels"),
        ({"recent_labelled": 0}, "labels stopped"),
        ({"labelled": 0, "expected": 0, "recent_expected": 0, "recent_labelled": 0}, "fewer than 500"),
    ],
)
def test_missing_labels_are_told(changes, word):
    assert any(word in reason for reason in labels_missing(collection(**changes), 500, 0.5))


def test_labels_that_come_are_enough():
    assert labels_missing(collection(labelled=4_000), 500, 0.5) == ()
