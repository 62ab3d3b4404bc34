from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.analysis.drift import distance, drift_anomalies, measure, noise, psi, without_meaning
from components.contracts.reports import Statistics
from components.contracts.schema import TableSchema
from components.contracts.sections import Table

RANDOM = np.random.default_rng(0)
SALES = Table(
    task="classification", label="sold", event_time="at", available_time="known", key=("shop", "day")
)
tiny = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = st.lists(st.one_of(st.none(), st.floats(-1e3, 1e3)), min_size=1, max_size=50)
texts = st.lists(st.one_of(st.none(), st.sampled_from("abcdef")), min_size=1, max_size=50)


def statistics(*columns) -> Statistics:
    return Statistics(snapshot="s", rows=columns[0].rows, columns=columns)


def limits(**changes) -> TableSchema:
    return TableSchema.model_validate({"columns": [{"name": "a", "type": "float64", **changes}]})


@tiny
@given(numbers, numbers)
def test_drift_of_numbers_is_never_negative_and_none_against_itself(profile, before, now):
    before, now = profile("float64", before, top=5), profile("float64", now, top=5)

    assert psi(before, before) == psi(now, now) == 0
    assert psi(before, now) >= 0
    assert (distance(before, before) or 0) == 0
    assert (distance(before, now) or 0) >= 0


@tiny
@given(texts, texts)
def test_drift_of_texts_is_the_same_in_both_directions(profile, before, now):
    before, now = profile("string", before), profile("string", now)

    assert psi(before, before) == 0
    assert psi(before, now) == pytest.approx(psi(now, before))


def test_the_index_is_that_of_the_formula(profile):
    before, now = profile("string", ["a"] * 50 + ["b"] * 50), profile("string", ["a"] * 80 + ["b"] * 20)

    assert psi(before, now) == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5))


def test_the_index_of_many_numbers_is_close_to_that_of_their_tenths(profile):
    before, now = RANDOM.normal(0, 1, 5000), RANDOM.normal(0.4, 1.2, 5000)
    edges = [-np.inf, *np.quantile(before, np.arange(1, 10) / 10), np.inf]
    p, q = (np.histogram(values, edges)[0] / 5000 for values in (before, now))
    found = psi(profile("float64", before.tolist()), profile("float64", now.tolist()))

    assert found == pytest.approx(np.sum((p - q) * np.log(p / q)), rel=0.1)


def test_a_shift_is_a_distance_in_standard_deviations(profile):
    values = RANDOM.normal(10, 2, 2000)
    before, now = profile("float64", values.tolist()), profile("float64", (values + 3).tolist())

    assert distance(before, now) == pytest.approx(3 / values.std(), rel=1e-6)


def test_one_far_value_is_no_drift(profile):
    values = RANDOM.normal(0, 1, 2000).tolist()
    before, now = profile("float64", values), profile("float64", [*values, 1e12])

    assert psi(before, now) < 0.01
    assert distance(before, now) < 0.01


def test_the_distance_of_few_values_is_exact(profile):
    before, now = profile("int64", [0, 0, 0, 1]), profile("int64", [0, 1, 1, 3])

    assert distance(before, now) == pytest.approx(1.0 / np.std([0, 0, 0, 1]))


def test_nulls_and_values_that_are_not_finite_are_a_drift(profile):
    before, now = (
        profile("float64", [1.0] * 100),
        profile("float64", [1.0] * 50 + [None] * 25 + [np.nan] * 25),
    )

    assert psi(before, now) > 0.2
    assert psi(profile("string", ["a"] * 100), profile("string", ["a"] * 60 + [None] * 40)) > 0.2


def test_a_constant_that_changes_is_a_drift(profile):
    constant, spread = profile("float64", [5.0] * 1000), profile("float64", np.linspace(-9, 5, 1000).tolist())

    assert psi(constant, spread) > 1
    assert distance(constant, spread) is None


def test_values_that_only_one_of_them_lists_count_among_its_others(profile):
    before = profile("string", ["a"] * 50 + ["b"] * 30 + ["c"] * 20, top=2)
    now = profile("string", ["a"] * 50 + ["b"] * 20 + ["c"] * 30, top=2)

    assert psi(before, now) == 0  # b and c are each listed once


def test_chance_in_few_rows_is_not_reported(profile):
    draws = [statistics(profile("float64", RANDOM.normal(0, 1, 60).tolist())) for _ in range(12)]
    pairs = list(zip(draws[::2], draws[1::2], strict=True))
    found = [drift_anomalies(before, now, measure(before, now, ()), limits()) for before, now in pairs]

    assert any(measure(before, now, ())[0].psi > 0.2 for before, now in pairs)
    assert found == [()] * 6


def test_noise_lessens_with_rows(profile):
    few, many = profile("int64", [0, 1] * 20), profile("int64", [0, 1] * 2000)

    assert noise(few, few) > 100 * noise(many, many) * 0.99


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, ["warning"]),
        ({"drift": {"warn": 0.2, "stop": 0.5}}, ["error"]),
        ({"drift": {"warn": 0.2, "stop": 50}}, ["warning"]),
        ({"drift": {"warn": 50}}, []),
    ],
)
def test_limits_decide_what_drift_means(profile, changes, severity):
    before, now = (statistics(profile("float64", RANDOM.normal(shift, 1, 500).tolist())) for shift in (0, 2))
    found = drift_anomalies(before, now, measure(before, now, ()), limits(**changes))

    assert [anomaly.severity for anomaly in found] == severity


def test_the_largest_drift_comes_first_and_times_and_keys_do_not_count(profile):
    calm, moved = profile("float64", [1.0] * 9 + [2.0]), profile("float64", [1.0] + [2.0] * 9)
    names = ("calm", "moved", "at", "known", "shop", "day")
    before = statistics(*(calm.model_copy(update={"name": name}) for name in names))
    now = statistics(
        *((calm if name == "calm" else moved).model_copy(update={"name": name}) for name in names)
    )

    assert [drift.column for drift in measure(before, now, without_meaning(SALES))] == ["moved", "calm"]


def test_a_column_of_another_type_or_a_new_one_is_not_compared(profile):
    before = statistics(profile("float64", [1.0]))
    new = profile("float64", [1.0]).model_copy(update={"name": "new"})

    assert measure(before, statistics(profile("int64", [1]), new), ()) == ()
