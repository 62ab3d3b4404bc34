"""What a write-ahead file still tells after its process, or its disk, failed."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import DataError
from components.stores.frames import arrow_frame, decode, json_frame, schema_frame
from tests.predictions import SCHEMA, batch, prediction, predictions

FRAMES = [
    schema_frame(SCHEMA),
    json_frame([prediction("a")]),
    arrow_frame(batch(predictions("b", 3))),
    json_frame(predictions("c", 2)),
]
WHOLE = b"".join(FRAMES)
IDS = [[], ["a"], ["b-0", "b-1", "b-2"], ["c-0", "c-1"]]
ALL = ["a", "b-0", "b-1", "b-2", "c-0", "c-1"]


def ids(data: bytes) -> list[str]:
    rows = decode(data).rows
    return [] if rows is None else sorted(rows["id"].to_pylist())


def test_a_whole_file_gives_every_row_back():
    found = decode(WHOLE)

    assert (ids(WHOLE), found.damaged, found.misfits) == (ALL, 0, ())
    assert found.rows.schema == SCHEMA


@settings(deadline=None)
@given(st.integers(0, len(WHOLE)))
def test_a_file_that_is_cut_off_anywhere_gives_every_whole_frame(length):
    whole, end = [], 0
    for frame, names in zip(FRAMES, IDS, strict=True):
        end += len(frame)
        whole += names if end <= length else []

    assert ids(WHOLE[:length]) == sorted(whole)


@settings(deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_byte_that_was_altered_costs_one_frame_at_most(place, change):
    altered = bytearray(WHOLE)
    altered[place] ^= change
    hit = next(n for n in range(len(FRAMES)) if place < sum(map(len, FRAMES[: n + 1])))
    kept = [] if hit == 0 else [name for name in ALL if name not in IDS[hit]]
    found = decode(bytes(altered))

    assert ids(bytes(altered)) == kept
    assert found.damaged >= len(FRAMES[hit])
    assert len(found.misfits) == (3 if hit == 0 else 0)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_garbage_between_frames_is_passed_over(garbage):
    assert ids(FRAMES[0] + FRAMES[1] + garbage + FRAMES[2]) == ["a", "b-0", "b-1", "b-2"]


TYPES = pa.schema(
    {"id": pa.string(), "t": pa.timestamp("us", "UTC"), "d": pa.date32(), "f": pa.float64(), "i": pa.int64()}
)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
values = st.fixed_dictionaries(
    {
        "id": st.text(st.characters(codec="utf-8")),
        "t": st.none() | instants,
        "d": st.none() | st.dates(date(1, 1, 1)),
        "f": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
    }
)


@settings(deadline=None)
@given(st.lists(values, min_size=1, max_size=5))
def test_values_come_back_to_the_last_bit(rows):
    found = decode(schema_frame(TYPES) + json_frame(rows)).rows.to_pylist()

    assert found == rows
    assert [math.copysign(1, row["f"] or 0) for row in found] == [
        math.copysign(1, row["f"] or 0) for row in rows
    ]


def test_a_row_that_does_not_fit_the_schema_costs_its_own_frame_alone():
    odd = json_frame([prediction("odd", **{"inputs.size": "large"})])
    found = decode(WHOLE + odd)

    assert sorted(found.rows["id"].to_pylist()) == ALL
    assert [b'"large"' in misfit for misfit in found.misfits] == [True]


def test_a_value_that_cannot_be_logged_is_refused():
    with pytest.raises(
        DataError, match="a prediction cannot be logged: Type is not JSON serializable: object"
    ):
        json_frame([prediction("a", **{"inputs.size": object()})])
