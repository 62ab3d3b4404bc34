"""The graph, and the way of a request to it, answer as scikit-learn does over `to_frame`."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.preparation import features
from components.serving import engines
from components.serving.engines import OnnxEngine, SklearnEngine
from components.serving.equality import TOLERANCE, apart, difference
from components.serving.form import Form, rows_of
from components.training.conversion import strange
from tests.models import model, rows

ALL = [
    (label, name) for label in ("late", "kind", "cost") for name in ("linear", "gradient-boosting", "forest")
]


def test_missing_and_largest_are_those_of_the_features():
    assert (engines.MISSING, engines.LARGEST) == (features.MISSING, features.LARGEST)


@pytest.mark.parametrize(("label", "algorithm"), ALL)
def test_every_algorithm_is_served_by_a_graph_that_answers_alike(label, algorithm):
    found = model(label, algorithm)
    engine = OnnxEngine(found.onnx, found.manifest)

    assert found.manifest.onnx_absence is None
    assert difference(found.manifest, engine, rows(), found.scores(rows())) is None


def test_what_does_not_convert_is_served_by_scikit_learn_and_says_why():
    found = model("late", "prior")

    assert found.onnx is None
    assert found.manifest.onnx_absence.startswith("it does not convert")


def test_a_graph_that_answers_otherwise_is_found_out():
    found, other = model("late", "forest"), model("late", "linear")
    engine = OnnxEngine(other.onnx, found.manifest)

    assert "of 900 rows otherwise" in difference(found.manifest, engine, rows(), found.scores(rows()))


def test_a_score_that_is_no_number_is_never_alike():
    found = model("cost")
    engine = OnnxEngine(found.onnx, found.manifest)

    assert apart(found.manifest, engine, np.array([np.nan, 1.0]), np.array([1.0, 1.0])).startswith(
        "it answers 1 of 2"
    )


def test_the_strange_rows_hold_a_null_and_an_unseen_category():
    found = strange(rows(), model().manifest.inputs)

    assert None in found["price"].to_pylist()
    assert "(never seen)" in found["shop"].to_pylist()
    assert found.num_rows > 30


INSTANTS = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)).map(
    lambda found: found.replace(tzinfo=UTC)
)
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {
            "price": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "count": st.integers(-(2**53), 2**53),
            "new": st.booleans(),
            "shop": st.none() | st.sampled_from(["s0", "s1", "s8", "(missing)"]) | st.text(max_size=5),
            "grade": st.integers(-3, 9),
            "seen": st.none() | INSTANTS.map(datetime.isoformat),
            "day": st.dates().map(lambda day: day.isoformat()),
        }
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("algorithm", ["linear", "gradient-boosting", "forest"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=REQUESTS)
def test_any_request_is_answered_as_scikit_learn_answers_it(algorithm, requests):
    found = model("late", algorithm)
    fitting = Form(found.manifest).of_objects(requests)
    expected = SklearnEngine(found).scores(fitting)

    # A value between two float32 numbers may take the other branch of a tree; so far apart, and no further.
    close = np.isclose(OnnxEngine(found.onnx, found.manifest).scores(fitting), expected, atol=TOLERANCE)
    assert close.all() or _near_a_threshold(found, requests)


def _near_a_threshold(found, requests) -> bool:
    rounded = [
        {
            **row,
            "price": None if row["price"] is None else float(np.float32(np.clip(row["price"], -1e38, 1e38))),
        }
        for row in requests
    ]
    fitting = Form(found.manifest).of_objects(rounded)
    return np.allclose(
        OnnxEngine(found.onnx, found.manifest).scores(fitting),
        SklearnEngine(found).scores(fitting),
        atol=TOLERANCE,
    )


def test_rows_of_a_snapshot_keep_gaps_as_none():
    found = rows_of(rows(), ["price", "seen"])

    assert found.columns["price"].count(None) == rows()["price"].null_count > 0
