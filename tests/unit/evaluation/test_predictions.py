import numpy as np
import pytest

from components.contracts.metrics import CLASSIFICATION
from components.contracts.model import ModelManifest
from components.evaluation.metrics import values
from components.evaluation.predictions import all_classes, classify, encode


def manifest(*classes, **more):
    two = {"positive": classes[-1], "threshold": 0.3} if len(classes) == 2 else {}
    said = {"task": "classification", "label": "y", "inputs": (), "algorithm": "linear", "snapshot": "s"}
    return ModelManifest(**{**said, "classes": classes, **two, **more})


@pytest.mark.parametrize("classes", [(False, True), ("no", "yes"), (3, 7)])
def test_labels_of_any_type_are_encoded_in_the_models_order(classes):
    labels = [classes[1], classes[0], classes[1]]
    found = all_classes(labels, [manifest(*classes)])
    assert found == classes
    assert encode(labels, found).tolist() == [1, 0, 1]


def test_the_threshold_decides_between_two_classes():
    scores = np.array([[0.71, 0.29], [0.7, 0.3]])
    found = classify(np.array([0, 1]), scores, manifest("no", "yes"), ("no", "yes"))
    assert found.decided.tolist() == [0, 1]
    assert found.positive_scores.tolist() == [0.29, 0.3]


def test_the_positive_class_may_be_the_first():
    found = classify(
        np.array([0]), np.array([[0.3, 0.7]]), manifest("no", "yes", positive="no"), ("no", "yes")
    )
    assert (found.positive, found.decided.tolist()) == (0, [0])


def test_models_with_other_classes_are_brought_to_one_order():
    candidate, champion = manifest("a", "b", "c"), manifest("b", "d", "a")
    classes = all_classes(["a", "e"], [candidate, champion])
    found = classify(encode(["a", "e"], classes), np.array([[0.2, 0.3, 0.5]] * 2), champion, classes)
    assert classes == ("a", "b", "c", "d", "e")
    assert found.scores.tolist() == [[0.5, 0.2, 0.0, 0.3, 0.0]] * 2
    assert found.decided.tolist() == [0, 0]


@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_a_label_the_model_does_not_know_counts_against_it(classes):
    model = manifest(*classes)
    scores = np.tile(np.full(len(classes), 1 / len(classes)), (4, 1)) + np.linspace(0, 0.05, 4)[:, None]
    scores /= scores.sum(axis=1, keepdims=True)

    def measured(labels):
        found = all_classes(labels, [model])
        return values(tuple(CLASSIFICATION), classify(encode(labels, found), scores, model, found))

    known, unknown = measured(["a", "b", "a", "b"]), measured(["a", "b", "a", "new"])
    assert unknown["log_loss"] > known["log_loss"] + 5
    assert unknown["brier"] > known["brier"]
    assert unknown["balanced_accuracy"] < 0.5
    assert all(np.isfinite(value) for value in unknown.values())
