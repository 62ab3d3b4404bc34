"""The point-in-time join, beside a brute-force one."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.features.conftest import hour

# Few different keys and times, and enough values, so that rows meet, tie and supersede each other.
HOURS = st.integers(0, 2)
KEYS = (st.just(0) | st.sampled_from([0, 1, None]), st.just("x") | st.sampled_from(["x", "y", None]))
ENTITIES = st.lists(st.tuples(*KEYS, st.just(2) | st.none() | HOURS), min_size=2, max_size=5).map(
    lambda rows: [(row, a, b, hour(at)) for row, (a, b, at) in enumerate(rows)]
)
VALUES = st.lists(
    st.tuples(*KEYS, HOURS | st.none(), HOURS | st.none() | st.just(3), st.integers(0, 9) | st.none()),
    min_size=3,
    max_size=16,
).map(lambda rows: [(*keys, hour(time), hour(written), value) for *keys, time, written, value in rows])
TTLS = st.none() | st.integers(1, 3).map(lambda hours: timedelta(hours=hours))


def is_known(value: tuple, at, by_created: bool) -> bool:
    _, _, time, written, _ = value
    return time <= at and not (by_created and written is not None and written > at)


def brute_force(entity: tuple, values: list[tuple], ttl: timedelta | None, by_created: bool) -> set:
    """What may be found: one value, or those that nothing tells apart but what they are."""
    _, a, b, at = entity
    if None in (a, b, at):
        return {None}
    matching = [value for value in values if value[:2] == (a, b) and value[2] is not None]
    known = [value for value in matching if is_known(value, at, by_created)]
    alive = [value for value in known if ttl is None or value[2] >= at - ttl]
    ranks = [(time, written is not None, written or time) for _, _, time, written, _ in alive]
    return {value[4] for value, rank in zip(alive, ranks, strict=True) if rank == max(ranks)} or {None}


@settings(max_examples=300, deadline=None)
@given(entities=ENTITIES, values=VALUES, ttl=TTLS, by_created=st.booleans())
def test_equals_brute_force(joined, entities, values, ttl, by_created):
    found = joined(entities, values, ttl, by_created)

    for entity in entities:
        assert found[entity[0]] in brute_force(entity, values, ttl, by_created)


@settings(max_examples=200, deadline=None)
@given(entities=ENTITIES, values=VALUES, ttl=TTLS, seed=st.integers())
def test_the_order_of_rows_does_not_matter(joined, entities, values, ttl, seed):
    shuffled = random.Random(seed).sample(values, len(values))

    assert joined(entities, shuffled, ttl) == joined(entities, values, ttl)


@settings(max_examples=200, deadline=None)
@given(entities=ENTITIES, values=VALUES, ttl=TTLS, seed=st.integers())
def test_the_future_does_not_matter(joined, entities, values, ttl, seed):
    """What happened, or was written, after a row's time is deleted or exchanged: the row stays the same."""
    entity = entities[0]
    past = [value for value in values if value[2] and entity[3] and is_known(value, entity[3], True)]
    future = [value for value in values if value not in past]
    drawn = random.Random(seed).sample([value[4] for value in future], len(future))
    exchanged = [(*value[:4], other) for value, other in zip(future, drawn, strict=True)]
    found = joined([entity], values, ttl)

    assert joined([entity], past, ttl) == found
    assert joined([entity], past + exchanged, ttl) == found


MOMENT = timedelta(microseconds=1)
ONE_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("values", "ttl", "expected"),
    [
        pytest.param([(1, "x", hour(2), None, 7)], None, 7, id="at the row's own instant"),
        pytest.param([(1, "x", hour(2) + MOMENT, None, 7)], None, None, id="not a microsecond later"),
        pytest.param([(1, "x", hour(1), None, 7)], ONE_HOUR, 7, id="at the end of the time to live"),
        pytest.param([(1, "x", hour(1) - MOMENT, None, 7)], ONE_HOUR, None, id="not a microsecond past it"),
        pytest.param([(1, "x", hour(1), None, 7), (1, "x", hour(0), None, 8)], None, 7, id="the latest"),
        pytest.param(
            [(1, "x", hour(1), hour(1), 7), (1, "x", hour(1), hour(2), 8)], None, 8, id="a correction"
        ),
        pytest.param(
            [(1, "x", hour(1), hour(1), 7), (1, "x", hour(1), hour(3), 8)],
            None,
            7,
            id="no correction that came later",
        ),
        pytest.param(
            [(1, "x", hour(0), hour(2), 7), (1, "x", hour(1), hour(1), 8)],
            None,
            8,
            id="no late row in place of a newer one",
        ),
        pytest.param(
            [(1, "x", hour(1), None, None), (1, "x", hour(0), None, 8)], None, None, id="a null as a value"
        ),
        pytest.param(
            [(1, "y", hour(1), None, 7), (2, "x", hour(1), None, 8)],
            None,
            None,
            id="only where each key matches",
        ),
        pytest.param([(11, "x", hour(1), None, 7)], None, None, id="no key that only reads the same"),
    ],
)
def test_finds(joined, values, ttl, expected):
    assert joined([(0, 1, "x", hour(2))], values, ttl) == {0: expected}


def test_what_was_written_last_counts_where_writing_is_not_asked_about(joined):
    values = [(1, "x", hour(1), hour(1), 7), (1, "x", hour(1), hour(3), 8), (1, "x", hour(1), None, 9)]

    assert joined([(0, 1, "x", hour(2))], values, by_created=False) == {0: 8}


def test_values_that_only_their_content_tells_apart_do_not_depend_on_order(joined):
    values = [(1, "x", hour(1), hour(1), value) for value in range(20)]

    found = [joined([(0, 1, "x", hour(2))], values[start:] + values[:start]) for start in range(20)]

    assert all(each == found[0] for each in found)


def test_keys_are_compared_one_by_one(joined):
    """Put end to end, `1` and `1x` would be `11` and `x`."""
    assert joined([(0, 1, "1x", hour(2))], [(11, "x", hour(1), None, 7)]) == {0: None}
