import numpy as np
import pytest

from components.contracts.sections import Bootstrap
from components.evaluation.comparison import compare
from components.evaluation.predictions import Predictions
from components.evaluation.slices import Members
from components.evaluation.units import Units

ROWS = 200
LABELS = np.random.default_rng(0).normal(size=ROWS)
UNITS = Units(np.arange(ROWS), ROWS)
METRICS = ("rmse", "r2")


def model(noise, seed=1):
    return Predictions(LABELS, LABELS + np.random.default_rng(seed).normal(scale=noise, size=ROWS))


def found(slices=(), **models):
    return compare(models, slices, METRICS, UNITS, Bootstrap(resamples=200))


def test_gains_are_positive_where_the_candidate_is_better():
    gains = found(candidate=model(0.1), baseline=model(0.5)).gains["baseline"]
    assert all(0 < gains[name].low < gains[name].value < gains[name].high for name in METRICS)


def test_gains_are_the_difference_of_the_values():
    compared = found(candidate=model(0.1), champion=model(0.2), baseline=model(0.5))
    scores, gain = compared.scores, compared.gains["champion"]["rmse"]
    assert gain.value == pytest.approx(scores["champion"]["rmse"].value - scores["candidate"]["rmse"].value)


def test_gains_are_paired():
    compared = found(candidate=model(0.50), champion=Predictions(LABELS, model(0.5).scores + 0.001))
    gain, own = compared.gains["champion"]["rmse"], compared.scores["candidate"]["rmse"]
    assert gain.high - gain.low < 0.01 * (own.high - own.low)


def test_the_same_model_gains_nothing_for_certain():
    gain = found(candidate=model(0.5), champion=model(0.5)).gains["champion"]["r2"]
    assert (gain.low, gain.value, gain.high) == (0, 0, 0)


def test_slices_compare_candidate_and_champion_on_their_rows():
    part = Members("shop", "north", np.arange(0, ROWS, 2))
    north = found([part], candidate=model(0.1), champion=model(0.5), baseline=model(0.9)).slices[0]
    errors = model(0.1).scores[::2] - LABELS[::2]
    assert (north.column, north.value, north.rows) == ("shop", "north", ROWS / 2)
    assert north.candidate["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert north.over_champion["rmse"].low > 0


def test_the_seed_decides_the_intervals():
    models = {"candidate": model(0.1), "baseline": model(0.5)}
    first, again, other = (
        compare(models, [], METRICS, UNITS, Bootstrap(resamples=200, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again != other
