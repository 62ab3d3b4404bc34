import numpy as np
import pytest

from components.contracts.sections import Bootstrap
from components.evaluation.metrics import values
from components.evaluation.predictions import Predictions
from components.monitoring.estimate import calibrated, expected

METRICS = ("roc_auc", "accuracy", "brier", "log_loss", "f1")
BOOTSTRAP = Bootstrap(resamples=100)


def predictions(rows: int, seed: int, spread: float = 1.5, bend: float = 1.0) -> Predictions:
    """Labels drawn from logits; what the model says is bent from the truth by a factor of the logits."""
    random = np.random.default_rng(seed)
    logits = random.normal(-0.5, spread, rows)
    labels = (random.random(rows) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    said = 1 / (1 + np.exp(-bend * logits))
    return Predictions(labels, np.column_stack([1 - said, said]), (said >= 0.5).astype(np.int64), positive=1)


@pytest.mark.parametrize("spread", [0.7, 1.5, 2.5])
def test_what_is_promised_comes_when_only_the_rows_change(spread):
    reference, served = predictions(20_000, 1), predictions(20_000, 2, spread)

    promised = expected(reference, served, np.arange(20_000) // 500, METRICS, BOOTSTRAP)
    came = values(METRICS, served)

    for name in METRICS:
        assert promised[name].value == pytest.approx(came[name], abs=0.015)
        assert promised[name].low <= promised[name].value <= promised[name].high


def test_an_overconfident_model_is_calibrated_first():
    reference, served = predictions(20_000, 1, bend=3.0), predictions(20_000, 2, bend=3.0)

    promised = expected(reference, served, np.arange(20_000) // 500, ("log_loss", "brier"), BOOTSTRAP)
    naive = expected(served, served, np.arange(20_000) // 500, ("brier",), BOOTSTRAP)

    calibrated_scores = calibrated(reference, served.scores)
    assert np.allclose(calibrated_scores.sum(axis=1), 1)
    truth = values(("brier",), Predictions(served.labels, calibrated_scores, served.decided, 1))["brier"]
    assert truth < values(("brier",), served)["brier"]
    assert promised["brier"].value == pytest.approx(naive["brier"].value, abs=0.01)


def test_labels_that_changed_their_meaning_are_not_seen():
    reference, served = predictions(20_000, 1), predictions(20_000, 2)
    swapped = Predictions(1 - served.labels, served.scores, served.decided, 1)

    promised = expected(reference, swapped, np.arange(20_000) // 500, ("roc_auc",), BOOTSTRAP)

    assert promised["roc_auc"].value > 0.7 > values(("roc_auc",), swapped)["roc_auc"]


def test_a_regression_promises_nothing():
    numbers = Predictions(np.ones(500), np.ones(500))

    assert expected(numbers, numbers, np.arange(500), ("rmse",), BOOTSTRAP) == {}


def test_too_few_labels_to_calibrate_on_promise_nothing():
    assert expected(predictions(50, 1), predictions(500, 2), np.arange(500), METRICS, BOOTSTRAP) == {}
