"""The one way from rows to inputs, in training and in serving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts.errors import DataError
from components.contracts.model import Input, inputs_of
from components.contracts.schema import Column, TableSchema
from components.contracts.sections import Features
from components.preparation.features import LARGEST, MISSING, Calendar, build, to_frame

FEATURES = Features(
    numeric=("size in m²", "count", "is new"),
    categorical=("colour", "shop id", "gift"),
    calendar=("at", "day"),
    min_frequency=1,
)
SCHEMA = TableSchema(
    columns=(
        Column(name="size in m²", type="float64"),
        Column(name="count", type="int64"),
        Column(name="is new", type="boolean"),
        Column(name="colour", type="string"),
        Column(name="shop id", type="int64"),
        Column(name="gift", type="boolean"),
        Column(name="at", type="timestamp"),
        Column(name="day", type="date"),
    )
)
INPUTS = inputs_of(FEATURES, SCHEMA)
ARROW = pa.schema(
    [
        ("size in m²", pa.float64()),
        ("count", pa.int64()),
        ("is new", pa.bool_()),
        ("colour", pa.string()),
        ("shop id", pa.int64()),
        ("gift", pa.bool_()),
        ("at", pa.timestamp("us", "UTC")),
        ("day", pa.date32()),
    ]
)


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | values


ROWS = st.fixed_dictionaries(
    {
        "size in m²": maybe(st.floats(allow_infinity=False)),
        "count": maybe(st.integers(-(2**63), 2**63 - 1)),
        "is new": maybe(st.booleans()),
        "colour": maybe(st.sampled_from(["red", "blue", "", "grün", "(missing)"]) | st.text(max_size=3)),
        "shop id": maybe(st.integers(0, 4) | st.integers(-(2**53), 2**53)),
        "gift": maybe(st.booleans()),
        "at": maybe(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))),
        "day": maybe(st.dates(date(1700, 1, 1), date(2200, 1, 1))),
    }
)

TRAINING = [
    {
        "size in m²": [1.5, None, 3.0][i % 3],
        "count": i,
        "is new": [True, False, None][i % 3],
        "colour": ["red", "blue", None][i % 3],
        "shop id": i % 4,
        "gift": i % 2 == 0,
        "at": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=37 * i),
        "day": date(2024, 1, 1) + timedelta(days=i),
    }
    for i in range(60)
]
FITTED = {
    encoding: build(FEATURES, INPUTS, encoding).fit(to_frame(TRAINING, INPUTS))
    for encoding in ("trees", "linear")
}


def transformed(encoding: str, rows) -> np.ndarray:
    numbers = FITTED[encoding].transform(to_frame(rows, INPUTS))
    return np.asarray(numbers if isinstance(numbers, np.ndarray) else numbers.toarray())


def is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("encoding", ["trees", "linear"])
@given(rows=st.lists(ROWS, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_training_path_and_serving_path_agree_bit_for_bit(encoding, rows):
    table = pa.Table.from_pylist(rows, schema=ARROW)

    batch = transformed(encoding, rows)

    assert is_same(batch, transformed(encoding, table))
    assert is_same(batch, transformed(encoding, pd.DataFrame(rows)))
    assert is_same(batch, transformed(encoding, table.to_pandas()))
    assert is_same(batch, np.vstack([transformed(encoding, [row]) for row in rows]))
    assert is_same(batch, np.vstack([transformed(encoding, table.slice(i, 1)) for i in range(len(rows))]))


@given(rows=st.lists(ROWS, min_size=1, max_size=4), training=st.lists(ROWS, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_linear_model_never_sees_nan_or_infinity(rows, training):
    fitted = build(FEATURES, INPUTS, "linear").fit(to_frame(training, INPUTS))

    numbers = fitted.transform(to_frame(rows, INPUTS))

    assert np.isfinite(numbers if isinstance(numbers, np.ndarray) else numbers.data).all()


def test_canonical_types():
    frame = to_frame(TRAINING[2:4], INPUTS)

    assert frame.loc[0].tolist()[:6] == [3.0, 2.0, pytest.approx(np.nan, nan_ok=True), MISSING, "2", "true"]
    assert frame.dtypes.astype(str).tolist() == ["float64"] * 3 + ["object"] * 3 + ["datetime64[us, UTC]"] * 2


def test_integers_keep_their_name_where_pandas_makes_floats_of_them():
    frame = pd.DataFrame({"shop id": [7.0, np.nan]})

    assert to_frame(frame, INPUTS[4:5])["shop id"].tolist() == ["7", MISSING]


def test_an_id_beyond_the_precision_of_floats_stays_itself():
    rows = [{"shop id": 2**53}, {"shop id": 2**53 + 1}]

    assert to_frame(rows, INPUTS[4:5])["shop id"].nunique() == 2
    with pytest.raises(DataError, match="no exact integer"):
        to_frame(pd.DataFrame([*rows, {"shop id": None}, {"shop id": 2**60}]), INPUTS[4:5])


@pytest.mark.parametrize("ignored", ["", "1"])
def test_instants_are_read_in_utc_whatever_their_zone(ignored, monkeypatch):
    # Importing Pandera sets it.
    monkeypatch.setenv("PYARROW_IGNORE_TIMEZONE", ignored)
    at = INPUTS[6:7]
    paris = datetime(2024, 7, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    same = [[{"at": paris}], [{"at": "2024-06-30T23:00:00Z"}], [{"at": "2024-07-01T01:00:00+02:00"}]]

    frames = [
        to_frame(rows, at)
        for rows in (*same, [{"at": datetime(2024, 6, 30, 23)}], pd.DataFrame({"at": [paris]}, dtype=object))
    ]

    assert {frame["at"][0] for frame in frames} == {pd.Timestamp("2024-06-30T23:00Z")}
    assert Calendar().fit(frames[0]).transform(frames[0]).tolist() == [[6.0, 6.0, 23.0]]


@pytest.mark.parametrize("encoding", ["trees", "linear"])
def test_an_unseen_category_is_an_unknown_one(encoding):
    unseen = [
        {**TRAINING[0], "colour": "purple", "shop id": 99},
        {**TRAINING[0], "colour": "teal", "shop id": -1},
    ]

    first, second = transformed(encoding, unseen)

    assert first.tobytes() == second.tobytes()


def test_rare_categories_are_taken_together():
    rows = [{"colour": "red"}] * 30 + [{"colour": f"c{i}"} for i in range(10)]
    features = Features(categorical=("colour",), min_frequency=5)
    fitted = build(features, INPUTS[3:4], "trees").fit(to_frame(rows, INPUTS[3:4]))

    codes = fitted.transform(to_frame([{"colour": "c1"}, {"colour": "c2"}, {"colour": "red"}], INPUTS[3:4]))

    assert codes[0] == codes[1] != codes[2]


@pytest.mark.parametrize("encoding", ["trees", "linear"])
def test_columns_that_are_constant_or_wholly_missing_do_no_harm(encoding):
    rows = [dict.fromkeys(ARROW.names) | {"count": 7, "colour": "red"} for _ in range(10)]
    fitted = build(FEATURES, INPUTS, encoding).fit(to_frame(rows, INPUTS))

    assert fitted.transform(to_frame(TRAINING, INPUTS)).shape[0] == 60


def test_an_empty_batch_is_an_empty_frame():
    frame = to_frame([], INPUTS)

    assert frame.shape == (0, 8)
    assert frame.dtypes.tolist() == to_frame(TRAINING, INPUTS).dtypes.tolist()


def test_large_numbers_are_cut_so_that_float32_holds_them():
    frame = to_frame([{"size in m²": 1e308}, {"size in m²": -1e308}], INPUTS[:1])

    assert frame["size in m²"].tolist() == [LARGEST, -LARGEST]
    assert np.isfinite(frame.to_numpy().astype(np.float32)).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size in m²": np.inf}, r"'size in m²' is infinite in 1 of 1 rows"),
        ({"size in m²": "12"}, r"'size in m²' holds string; it must be a number"),
        ({"count": "many"}, r"'count' holds string"),
        ({"colour": 5}, r"'colour' holds int64; it must be string"),
        ({"shop id": 1.5}, r"'shop id' .*truncated"),
        ({"gift": "yes"}, r"'gift' holds string; it must be boolean"),
        ({"at": "yesterday"}, r"'at' "),
        ({"at": 1_700_000_000}, r"'at' holds int64; it must be a timestamp"),
        ({"count": 2**70}, r"'count' "),
        ({"colour": "a\ud800"}, r"'colour' "),
    ],
)
def test_a_value_that_does_not_fit_names_its_column(change, reason):
    with pytest.raises(DataError, match=reason):
        to_frame([{**TRAINING[0], **change}], INPUTS)


def test_every_missing_column_is_named():
    rows = [{name: TRAINING[0][name] for name in ("count", "colour")}]
    lacking = [name for name in ARROW.names if name not in ("count", "colour")]

    for kind in (rows, pd.DataFrame(rows), pa.Table.from_pylist(rows)):
        with pytest.raises(DataError) as caught:
            to_frame(kind, INPUTS)
        assert [reason.split("'")[1] for reason in caught.value.reasons] == lacking


def test_a_row_that_lacks_a_column_is_told():
    with pytest.raises(DataError, match=r"'count' is missing \(in row 1\)"):
        to_frame([{"count": 1}, {}], INPUTS[1:2])


@pytest.mark.parametrize("encoding", ["trees", "linear"])
def test_what_comes_out_has_names(encoding):
    names = FITTED[encoding].get_feature_names_out()

    assert len(names) == len(set(names)) == transformed(encoding, TRAINING).shape[1]
    assert any("at_month" in name for name in names)


def test_inputs_keep_the_order_and_the_schema_of_their_columns():
    assert [column.name for column in INPUTS] == list(FEATURES.names())
    assert Input(name="count", type="int64", treatment="numeric") in INPUTS
