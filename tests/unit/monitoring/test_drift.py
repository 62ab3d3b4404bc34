import numpy as np
import pytest

from components.contracts.watching import DriftWatch
from components.monitoring.control import windows
from components.monitoring.drift import drifted_share, shifts
from tests.unit.monitoring.conftest import DAILY, open_table, served, watched

BEFORE = served(days=60)


def moved(by: float, days: int = 10):
    rows = served(days=days, start=60)
    return rows.set_column(1, "inputs.size", [rows["inputs.size"].to_numpy() + by])


def test_a_column_that_moved_is_found_and_the_other_is_not():
    found, _ = shifts(watched(BEFORE, moved(3.0)), DriftWatch())

    assert [(shift.column, shift.drifted) for shift in found] == [
        ("inputs.size", True),
        ("inputs.colour", False),
    ]
    assert found[0].distance == pytest.approx(3.0 / np.sqrt(5), rel=0.35)
    assert 0 < found[1].divergence < found[0].divergence < 1


def test_days_that_differ_as_they_always_do_are_no_drift():
    found = [
        shift.drifted
        for seed in range(10)
        for shift in shifts(watched(BEFORE, served(days=3, start=60, seed=seed), limit=0.001), DriftWatch())[
            0
        ]
    ]

    assert sum(found) <= 1


def test_the_limit_is_what_in_control_windows_teach():
    (size,) = (
        s
        for s in shifts(watched(BEFORE, moved(0.0, days=3), limit=0.001), DriftWatch())[0]
        if "size" in s.column
    )

    assert size.limit > 0.01  # days share a size: single days move far by themselves


def test_a_segment_that_moved_alone_is_named():
    now = moved(0.0)
    place = now["inputs.colour"].to_numpy(zero_copy_only=False) == "blue"
    now = now.set_column(1, "inputs.size", [now["inputs.size"].to_numpy() + np.where(place, 5.0, 0.0)])

    _, segments = shifts([_by_colour(one, now) for one in watched(BEFORE, now)], DriftWatch())

    assert [(shift.column, shift.segment) for shift in segments] == [("inputs.size", "colour = blue")]


def test_windows_are_as_long_as_the_analysis_window_or_as_many_as_asked():
    assert [len(part) for part in windows(60, 7, 4)] == [8, 8, 8, 8, 7, 7, 7, 7]
    assert len(windows(60, 30, 8)) == 8
    assert windows(2, 7, 8) == []


def test_share_is_of_inputs():
    found, _ = shifts(watched(BEFORE, moved(3.0)), DriftWatch())

    assert drifted_share(found) == 0.5
    assert drifted_share([]) == 0.0


def test_rows_of_one_day_do_not_divide_by_zero():
    found, _ = shifts(watched(served(days=1), served(days=1, start=5)), DriftWatch())

    assert len(found) == 2
    assert len(served(days=1)) == DAILY


def _by_colour(one, now):
    from components.monitoring.tally import tally

    parts = {}
    for name, rows in (("before", BEFORE), ("now", now)):
        source = open_table(rows)
        parts[name] = tally(source, [one.reference.bins], source["inputs.colour"])[one.reference.bins.column]
    segments = {
        f"colour = {value}": (parts["before"].rows_of(value), parts["now"].rows_of(value))
        for value in ("red", "green", "blue")
    }
    return one._replace(segments=segments)
