"""Real flights as a stream whose days come in any order: no season, no trend, and changes only where they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
Change = Callable[[Rows, npt.NDArray[np.bool_], np.random.Generator], npt.NDArray[np.bool_]]
"""What is done to the inputs of some rows, in place, and their labels; gives the labels."""

INPUTS = (
    "temp", "origin", "carrier", "hour", "minute", "distance", "dewp", "humid", "wind_speed", "visib", "precip",
    "origin_delay_3h", "origin_delay_day",
)  # fmt: skip
TEMPERATURE, ORIGIN = 0, 1


@dataclass(frozen=True)
class Day:
    """The flights of one day."""

    inputs: Rows
    late: npt.NDArray[np.bool_]


def days() -> list[Day]:
    """The days of 2013; texts are numbered in their order."""
    from components.settings import Settings
    from components.stores.features import Features
    from pipelines import definitions, library
    from pipelines.replaying.rows import whole

    entry = library.load("flights")
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", data=f"{folder}/data", serving="none", _env_file=None)
        library.bring_data(entry.path, settings.data)
        definitions.bring(entry.case, settings)
        rows = whole(entry, settings.data, Features(settings))
    frame = rows.to_pandas().dropna(subset=["late"])
    for name in ("origin", "carrier"):
        frame[name] = frame[name].astype("category").cat.codes
    used = list(INPUTS)
    frame[used] = frame[used].astype(float).fillna(frame[used].median())
    return [
        Day(day[used].to_numpy(float), day["late"].to_numpy(bool))
        for _, day in frame.groupby(frame["scheduled_departure"].dt.date)
    ]


@dataclass(frozen=True)
class Drawn:
    """Days drawn at random, so many flights of each."""

    days: list[Day]
    seed: int
    daily: int
    change: Change | None = None

    def __iter__(self) -> Iterator[tuple[dict[int, float], bool]]:
        random = np.random.default_rng(self.seed)
        while True:
            day = self.days[random.integers(len(self.days))]
            taken = random.integers(len(day.late), size=self.daily)
            inputs, late = day.inputs[taken].copy(), day.late[taken].copy()
            late = late if self.change is None else self.change(inputs, late, random)
            for values, label in zip(inputs, late, strict=True):
                yield dict(enumerate(values)), bool(label)


def turned(inputs: Rows, late: npt.NDArray[np.bool_], random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """At the first of the airports what was late is not, and the other way round."""
    return np.where(inputs[:, ORIGIN] == 0, ~late, late)


def by_chance(
    inputs: Rows, late: npt.NDArray[np.bool_], random: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Half of the labels are those of other flights: a model knows less, and a fresh one no more."""
    return np.where(random.random(len(late)) < 0.5, random.permutation(late), late)


def warmer(inputs: Rows, late: npt.NDArray[np.bool_], random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Ten degrees Fahrenheit warmer; lateness stays."""
    inputs[:, TEMPERATURE] += 10
    return late
