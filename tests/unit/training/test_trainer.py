"""Models of every kind of label, and what they do with rows that are unlike those they know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from components.contracts.errors import DataError, UseCaseError

ALGORITHMS = ("linear", "gradient-boosting", "forest")
LEAVES_OF_ONE = {
    "gradient-boosting": {"min_samples_leaf": 1, "learning_rate": 0.3},
    "forest": {"min_samples_leaf": 1, "bootstrap": False},
    "linear": {},
}
ROW = {"at": datetime(2024, 1, 1, tzinfo=UTC), "size": 1.0, "shop": "s1"}


@pytest.fixture(scope="session", params=ALGORITHMS)
def binary(request, rows, trained):
    return trained(rows("text"), algorithms=(request.param,)).model


@pytest.mark.parametrize("name", ["gradient-boosting", "forest"])
@pytest.mark.parametrize("label", ["boolean", "three", "number"])
def test_overfits_64_rows(name, label, rows, trained):
    few = rows(label, n=64)
    task = "regression" if label == "number" else "classification"

    model = trained(
        few,
        task=task,
        validation=16,
        algorithms=(name,),
        parameters={name: LEAVES_OF_ONE[name]},
        threshold=0.5,
    ).model

    if task == "regression":
        assert r2_score(few["y"], model.predict(few)) > 0.99
    else:
        assert model.predict(few).tolist() == few["y"].to_pylist()


@pytest.mark.parametrize("label", ["boolean", "text", "integer", "three"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_learns_every_kind_of_label_and_answers_in_its_words(label, name, rows, trained):
    model = trained(rows(label), algorithms=(name,)).model
    fresh = rows(label, seed=1)

    assert model.manifest.classes == tuple(sorted(set(fresh["y"].to_pylist())))
    assert model.scores(fresh).sum(axis=1) == pytest.approx(1)
    assert np.mean(model.predict(fresh) == np.asarray(fresh["y"].to_pylist())) > 0.8
    assert set(model.predict(fresh).tolist()) <= set(model.manifest.classes)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_learns_numbers(name, rows, trained):
    model = trained(rows("number"), task="regression", algorithms=(name,)).model
    fresh = rows("number", seed=1)

    assert (model.manifest.classes, model.manifest.positive, model.manifest.threshold) == ((), None, None)
    assert r2_score(fresh["y"], model.predict(fresh)) > 0.7


def test_learns_labels_of_which_one_percent_is_positive(rows, trained):
    model = trained(rows("rare", n=2000), validation=600, algorithms=("gradient-boosting",)).model
    fresh = rows("rare", n=2000, seed=1)

    assert roc_auc_score(fresh["y"], model.positive_scores(fresh)) > 0.95
    assert f1_score(fresh["y"], model.predict(fresh)) > 0.4


def test_the_positive_class_decides_whose_score_it_is(rows, trained):
    model = trained(rows("text"), algorithms=("linear",)).model

    assert model.manifest.positive == "good"
    assert (model.positive_scores(rows("text")) == model.scores(rows("text"))[:, 1]).all()


def test_an_unseen_category_has_a_score(binary):
    assert np.isfinite(binary.scores([{**ROW, "shop": "a shop nobody knows"}])).all()


def test_a_missing_column_is_named(binary):
    with pytest.raises(DataError, match="'shop' is missing"):
        binary.predict([{name: ROW[name] for name in ("at", "size")}])


def test_an_empty_batch_has_an_empty_answer(binary, rows):
    for nothing in ([], rows("text")[:0], pd.DataFrame(columns=list(ROW))):
        assert binary.scores(nothing).shape == (0, 2)
        assert binary.predict(nothing).shape == binary.positive_scores(nothing).shape == (0,)


def test_an_empty_batch_of_a_regression_too(rows, trained):
    model = trained(rows("number"), task="regression", algorithms=("linear",)).model

    assert model.scores([]).shape == model.predict([]).shape == (0,)


@given(
    size=st.none() | st.floats(allow_infinity=False),
    shop=st.none() | st.text(max_size=5),
    at=st.none() | st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
)
@settings(max_examples=25, deadline=None)
def test_extreme_values_never_give_nan(binary, size, shop, at):
    scores = binary.scores([{"size": size, "shop": shop, "at": at}])

    assert np.isfinite(scores).all()
    assert scores.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_extreme_values_in_training_do_no_harm(name, rows, trained):
    sound = rows("number")
    size = sound["size"].to_pylist()
    size[5:8] = [1e308, -1e308, 5e-324]
    wild = sound.set_column(1, "size", pa.array(size))

    model = trained(wild, task="regression", algorithms=(name,)).model

    assert np.isfinite(model.predict(wild)).all()


@pytest.mark.parametrize("name", ["gradient-boosting", "forest"])
def test_a_row_alone_scores_as_in_a_batch_bit_for_bit(name, rows, trained):
    model = trained(rows("text"), algorithms=(name,)).model
    batch = rows("text", n=20, seed=1)

    alone = np.vstack([model.scores([row]) for row in batch.to_pylist()])

    assert alone.tobytes() == model.scores(batch).tobytes()


def test_the_final_model_knows_the_validation_rows_too(rows, trained):
    result = trained(rows("text"), algorithms=("linear",))

    assert result.rows == 300
    assert result.model.manifest.trained_until == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=299)


def test_the_baseline_predicts_the_prior(rows, trained):
    result = trained(rows("text"), algorithms=("linear",))
    share = np.mean(np.asarray(rows("text")["y"].to_pylist()) == "good")

    assert result.baseline.manifest.algorithm == "prior"
    assert result.baseline.positive_scores([ROW]) == pytest.approx([share])


def test_parameters_that_travelled_as_json_are_whole_numbers_again(rows, trained):
    parameters = {"gradient-boosting": {"max_iter": 7.0, "learning_rate": 1.0, "max_depth": 2.0}}

    model = trained(rows("text"), parameters=parameters).model

    assert model.pipeline[-1].n_iter_ == 7
    assert model.pipeline[-1].learning_rate == 1.0


@pytest.mark.parametrize(
    ("training", "reason"),
    [
        (
            {"algorithms": ("boosting",)},
            "no algorithm is named 'boosting'; there are linear, gradient-boosting",
        ),
        ({"baseline": "dummy"}, "no algorithm is named 'dummy'"),
        ({"parameters": {"forrest": {}}}, "no algorithm is named 'forrest'"),
        (
            {"parameters": {"gradient-boosting": {"trees": 5}}},
            "has no hyperparameter trees; there are .*max_iter",
        ),
        ({"parameters": {"gradient-boosting": {"random_state": 5}}}, "has no hyperparameter random_state"),
        (
            {"parameters": {"gradient-boosting": {"max_iter": -3}}},
            "see training.parameters: The 'max_iter' parameter",
        ),
        ({"algorithms": ("linear", "forest")}, "training.search is needed to choose among linear, forest"),
        ({"threshold": 1.5}, "training.threshold is 1.5"),
    ],
)
def test_a_mistake_in_the_use_case_is_told(training, reason, rows, trained):
    with pytest.raises(UseCaseError, match=reason):
        trained(rows("text"), **training)
