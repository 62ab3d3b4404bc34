"""The year is lived in the order of its days: what is due is watched at midnight, before the day is served."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from pipelines.replaying.year import live, thinned

START = datetime(2013, 3, 1, tzinfo=UTC)


class Diary:
    """A world that writes down what it was asked to do."""

    def __init__(self, trains: tuple[int, ...] = ()) -> None:
        self.trains = trains
        self.lines: list[str] = []

    def serve(self, rows: pa.Table) -> int:
        self.lines.append(f"serve {rows['day'][0].as_py()}")
        return rows.num_rows

    def watch(self, end: datetime) -> bool:
        self.lines.append(f"watch {(end - START).days}")
        return (end - START).days in self.trains


def days(start: datetime, end: datetime) -> pa.Table:
    """Ten rows a day, but none on the third."""
    day = (start - START).days
    return pa.table({"day": [day] * (0 if day == 2 else 10)})


def lived(world: Diary, length: int, every: str, sample: float = 1.0):
    return list(live(days, world, START, START + timedelta(days=length), every, sample))


def test_what_is_due_is_watched_before_the_day_is_served():
    world = Diary()

    lived(world, 4, "2 days")

    assert world.lines == ["serve 0", "serve 1", "watch 2", "serve 3", "watch 4"]


def test_a_day_tells_what_happened():
    moments = lived(Diary(trains=(2,)), 4, "2 days")

    assert [(one.served, one.watched, one.trained) for one in moments] == [
        (10, False, False),
        (10, False, False),
        (0, True, True),
        (10, False, False),
        (0, True, False),
    ]


@pytest.mark.parametrize(("share", "rows"), [(1.0, 10), (0.5, 5), (0.1, 1), (0.25, 2)])
def test_a_sample_is_a_share_of_every_day_and_always_the_same(share, rows):
    table = pa.table({"place": list(range(10))})

    assert abs(thinned(table, share).num_rows - rows) <= 1
    assert thinned(table, share).equals(thinned(table, share))


def test_a_sample_of_nothing_is_nothing():
    assert thinned(pa.table({"place": pa.array([], pa.int64())}), 0.5).num_rows == 0
