"""Two models that meet on rows that neither was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from bench.source import flights_folder
from components.evaluation.predictions import Predictions

TRAIN_DAYS, TEST_DAYS, ROWS_A_DAY = 80, 20, 50
"""As in a pipeline run that holds out a fifth of the rows."""

LATER_DAYS = 185
"""As many as are left of a year, after two models' and the held-out days."""


class Rows(NamedTuple):
    """Features (n, p), label (n,) and day (n,)."""

    features: np.ndarray
    label: np.ndarray
    day: np.ndarray


class Meeting(NamedTuple):
    """Candidate and champion on the same rows, and on many later ones that tell which is the better one."""

    candidate: Predictions
    champion: Predictions
    day: np.ndarray
    later_candidate: Predictions
    later_champion: Predictions


def synthetic(random: np.random.Generator, days: int, task: str, moved: float = 0.0) -> Rows:
    """Rows with weather, which a day's rows share, and a mood of the day that no feature tells.

    Args:
        random: Where chance comes from.
        days: How many.
        task: classification or regression.
        moved: How far the world's coefficients are from the usual ones.
    """
    day = np.repeat(np.arange(days), ROWS_A_DAY)
    weather, mood = random.normal(size=(days, 3)), random.normal(scale=0.5, size=days)
    features = np.hstack([weather[day], random.normal(size=(len(day), 5))])
    usual = np.array([0.6, -0.4, 0.2, 0.8, -0.5, 0.3, 0.1, 0.0])
    direction = np.array([-1, 1, 1, -1, 1, 1, -1, 1]) / np.sqrt(8)
    signal = features @ (usual + moved * direction) + mood[day] - 1.0
    if task == "regression":
        return Rows(features, signal + random.normal(size=len(day)), day)
    return Rows(features, (random.random(len(day)) < 1 / (1 + np.exp(-signal))).astype(int), day)


def linear_meetings(random: np.random.Generator, task: str, moved: float = 0.0) -> Iterator[Meeting]:
    """Linear models, each trained on its own 80 days, on 20 fresh ones; the champion's world was another by `moved`."""
    make = LogisticRegression if task == "classification" else LinearRegression
    while True:
        own = synthetic(random, TRAIN_DAYS, task), synthetic(random, TRAIN_DAYS, task, moved)
        trained = [make().fit(rows.features, rows.label) for rows in own]
        yield meeting(trained, synthetic(random, TEST_DAYS, task), synthetic(random, LATER_DAYS, task))


def flights_meetings(random: np.random.Generator, task: str) -> Iterator[Meeting]:
    """Gradient boosting on disjoint random days of real flights: 80 for each model, 20 to meet on."""
    every = flights(task)
    names = np.unique(every.day)
    make = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    cuts = (TRAIN_DAYS, 2 * TRAIN_DAYS, 2 * TRAIN_DAYS + TEST_DAYS)
    while True:
        days = np.split(random.permutation(names), cuts)
        *own, held_out, later = (some_of(every, part, random) for part in days)
        trained = [make(max_iter=30, max_leaf_nodes=8).fit(rows.features, rows.label) for rows in own]
        yield meeting(trained, held_out, later)


def flights(task: str) -> Rows:
    """What is known of the 2013 flights before departure, and whether they came 15 minutes late (or how late)."""
    import pandas as pd

    folder = flights_folder()
    table = pd.read_csv(folder / "flights.csv.zip").dropna(subset=["arr_delay"])
    weather = pd.read_csv(folder / "weather.csv").drop(columns=["year", "time_hour"])
    table = table.merge(weather, on=["origin", "month", "day", "hour"], how="left")
    for name in ("carrier", "origin", "dest"):
        table[name] = table[name].astype("category").cat.codes
    names = ["carrier", "origin", "dest", "distance", "hour", "temp", "humid", "wind_speed", "precip"]
    date = 100 * table["month"] + table["day"]
    label = table["arr_delay"] >= 15 if task == "classification" else table["arr_delay"].clip(upper=180)
    return Rows(table[names].to_numpy(float), label.to_numpy(float), date.to_numpy())


def some_of(rows: Rows, days: np.ndarray, random: np.random.Generator) -> Rows:
    """Some rows of each of these days."""
    drawn = [random.choice(np.flatnonzero(rows.day == day), ROWS_A_DAY, replace=False) for day in days]
    chosen = np.concatenate(drawn)
    return Rows(rows.features[chosen], rows.label[chosen], rows.day[chosen])


def meeting(trained: list[Any], held_out: Rows, later: Rows) -> Meeting:
    """Two models' answers to the same rows."""
    candidate, champion = trained
    return Meeting(
        candidate=predictions(candidate, held_out),
        champion=predictions(champion, held_out),
        day=held_out.day,
        later_candidate=predictions(candidate, later),
        later_champion=predictions(champion, later),
    )


def predictions(model: Any, rows: Rows) -> Predictions:
    """A scikit-learn model's answers in the project's terms."""
    if not hasattr(model, "predict_proba"):
        return Predictions(rows.label, model.predict(rows.features))
    scores = model.predict_proba(rows.features)
    return Predictions(rows.label.astype(int), scores, scores.argmax(axis=1), positive=1)
