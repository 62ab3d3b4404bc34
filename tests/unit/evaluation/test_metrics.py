import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from components.contracts.metrics import CLASSIFICATION, REGRESSION
from components.evaluation.metrics import measure, values
from components.evaluation.predictions import Predictions

ONE_CLASS = Predictions(np.array([1, 1]), np.array([[0.4, 0.6], [0.1, 0.9]]), np.array([1, 1]), positive=1)
CONSTANT = Predictions(np.array([0.1, 0.1, 0.1]), np.array([1.0, 2.0, 3.0]))


@st.composite
def rows(draw, classes):
    """Labels of every class, probabilities with ties, and weights; for no classes numbers."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(max(classes, 2) + 1, 40))
    weights = random.choice([0.5, 1.0, 2.0, 3.0], size=size)
    if not classes:
        return Predictions(random.normal(size=size).round(1), random.normal(size=size).round(1)), weights
    labels = np.concatenate([np.arange(classes), random.integers(classes, size=size - classes)])
    shares = random.integers(1, 6, size=(size, classes)).astype(float)
    scores = shares / shares.sum(axis=1, keepdims=True)
    decided = random.integers(classes, size=size)
    return Predictions(labels, scores, decided, positive=1 if classes == 2 else None), weights


@settings(max_examples=25, deadline=None)
@given(rows(classes=2))
def test_metrics_of_two_classes_are_scikit_learns(case):
    found, weights = case
    y, p, decided = found.labels, found.scores[:, 1], found.decided
    theirs = {
        "roc_auc": sklearn.roc_auc_score(y, p, sample_weight=weights),
        "average_precision": sklearn.average_precision_score(y, p, sample_weight=weights),
        "log_loss": sklearn.log_loss(y, found.scores, sample_weight=weights),
        "brier": sklearn.brier_score_loss(y, p, sample_weight=weights),
        "accuracy": sklearn.accuracy_score(y, decided, sample_weight=weights),
        "balanced_accuracy": sklearn.balanced_accuracy_score(y, decided, sample_weight=weights),
        "f1": sklearn.f1_score(y, decided, sample_weight=weights),
    }
    assert values(tuple(theirs), found, weights) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(rows(classes=4))
def test_metrics_of_more_classes_are_scikit_learns_macro_averages(case):
    found, weights = case
    y, p, decided = found.labels, found.scores, found.decided
    theirs = {
        "roc_auc": sklearn.roc_auc_score(y, p, multi_class="ovr", average="macro", sample_weight=weights),
        "average_precision": sklearn.average_precision_score(y, p, average="macro", sample_weight=weights),
        "log_loss": sklearn.log_loss(y, p, sample_weight=weights),
        "brier": sklearn.brier_score_loss(y, p, sample_weight=weights),
        "accuracy": sklearn.accuracy_score(y, decided, sample_weight=weights),
        "balanced_accuracy": sklearn.balanced_accuracy_score(y, decided, sample_weight=weights),
        "f1": sklearn.f1_score(y, decided, average="macro", sample_weight=weights),
    }
    assert values(tuple(theirs), found, weights) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(rows(classes=0))
def test_metrics_of_numbers_are_scikit_learns(case):
    found, weights = case
    y, predicted = found.labels, found.scores
    theirs = {
        "rmse": sklearn.root_mean_squared_error(y, predicted, sample_weight=weights),
        "mae": sklearn.mean_absolute_error(y, predicted, sample_weight=weights),
        "median_ae": sklearn.median_absolute_error(y, predicted, sample_weight=weights),
        "r2": sklearn.r2_score(y, predicted, sample_weight=weights),
    }
    theirs["r2"] = np.nan if np.ptp(y) == 0 else theirs["r2"]
    assert values(tuple(theirs), found, weights) == pytest.approx(theirs, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("classes", [0, 2, 4])
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_row_drawn_twice_counts_as_two_rows(classes, data):
    found, _ = data.draw(rows(classes))
    size = len(found.labels)
    drawn = data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    names = tuple(CLASSIFICATION if classes else REGRESSION)
    counted = values(names, found, np.bincount(drawn, minlength=size).astype(float))
    assert counted == pytest.approx(values(names, found.take(np.array(drawn))), abs=1e-9, nan_ok=True)


def test_all_rows_of_a_drawn_block_count():
    found = Predictions(np.array([0.0, 0, 0, 0]), np.array([1.0, 3, 5, 7]))
    drawn = np.array([[2.0, 0.0], [1.0, 1.0]])
    assert measure(["mae"], found, np.array([0, 0, 1, 1]))(drawn)[:, 0].tolist() == [2.0, 4.0]


def test_a_slice_is_measured_under_the_draws_of_the_whole():
    found = Predictions(np.array([0.0, 0.0]), np.array([1.0, 3.0]))
    only_in_the_last_of_three = measure(["mae"], found, np.array([2, 2]))
    measured = only_in_the_last_of_three(np.array([[1.0, 1.0, 1.0], [3.0, 0.0, 0.0]]))
    assert measured[:, 0].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_ranks_are_not_defined_for_rows_of_one_class(name):
    assert np.isnan(values([name], ONE_CLASS)[name])


def test_explained_variance_is_not_defined_for_a_constant_label():
    assert np.isnan(values(["r2"], CONSTANT)["r2"])


def test_one_answer_that_is_not_a_number_leaves_no_metric():
    broken = Predictions(
        np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, 0.5]]), np.array([0, 1]), positive=1
    )
    assert all(np.isnan(value) for value in values(tuple(CLASSIFICATION), broken).values())


def test_metrics_are_quiet_about_empty_draws():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing = values(tuple(CLASSIFICATION), ONE_CLASS, np.zeros(2))
    assert all(np.isnan(value) for value in nothing.values())


def test_calibration_error_is_the_gap_between_predicted_and_observed_averaged_over_rows():
    scores = np.array([0.1, 0.1, 0.9, 0.9, 0.9, 0.9])
    found = Predictions(
        np.array([0, 0, 1, 1, 1, 0]),
        np.column_stack([1 - scores, scores]),
        (scores > 0.5).astype(int),
        positive=1,
    )
    gaps = 2 * abs(0.1 - 0.0) + 4 * abs(0.9 - 0.75)
    assert values(["calibration_error"], found)["calibration_error"] == pytest.approx(gaps / 6)


def test_calibration_error_of_more_classes_is_of_the_most_probable_one():
    scores = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]])
    found = Predictions(np.array([0, 2]), scores, np.array([0, 0]))
    assert values(["calibration_error"], found)["calibration_error"] == pytest.approx(0.3)
