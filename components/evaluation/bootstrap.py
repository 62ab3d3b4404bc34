"""Paired percentile bootstrap: how sure a metric, or the difference of two models, is.

Units are drawn with replacement: blocks of event time where rows have one, so that what rows of one day share stays
together (Davison & Hinkley, Bootstrap Methods and their Application, 1997, ch. 3.8), groups where there are some, else
single rows. All models are measured under the same draws, so differences are paired.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtrit

from components.contracts.errors import UseCaseError
from components.contracts.reports import Estimate
from components.contracts.spec import period
from components.evaluation.metrics import Measure
from components.evaluation.predictions import Floats, Integers

FEWEST_BLOCKS = 6
"""With fewer blocks rows are drawn one by one; docs/decisions/0005-bootstrap.md measured where that is better."""

MOST_UNDEFINED = 0.05
"""Share of draws in which a metric may be undefined; with more there is no interval."""

_BATCH = 4_000_000
"""Counts that are held at a time."""

Key = TypeVar("Key", bound=Hashable)


def blocks(times: npt.NDArray[np.datetime64], length: str) -> Integers:
    """(n,) which block of time each row is in; days, weeks and so on count from 1970 in UTC.

    Args:
        times: (n,) event times.
        length: A period, as in `1 day`.

    Raises:
        UseCaseError: The period is empty.
    """
    step = period(length)
    months, hours = 12 * step.years + step.months, 24 * step.days + step.hours
    if not months and not hours:
        raise UseCaseError(
            f"evaluation.bootstrap.block is {length!r}; give a period of an hour or more, or null for row by row"
        )
    if months:
        return np.asarray(times.astype("datetime64[M]").astype(np.int64) // months)
    return np.asarray(times.astype("datetime64[h]").astype(np.int64) // hours)


def draws(units: int, resamples: int, seed: int, batch: int) -> Iterator[Floats]:
    """How often each unit is drawn when as many as there are are drawn with replacement.

    Yields:
        (m, units) counts, `batch` draws at a time.
    """
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, batch):
        size = min(batch, resamples - start)
        drawn = generator.integers(units, size=(size, units)) + units * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def resample(measures: Mapping[Key, Measure], units: int, resamples: int, seed: int) -> dict[Key, Floats]:
    """Evaluate all measures under the same draws.

    Args:
        measures: Of any key; `components.evaluation.metrics.measure` makes them.
        units: How many units there are to draw from.
        resamples: How many draws.
        seed: Decides the draws.

    Returns:
        Of each key (resamples, metrics) values.
    """
    found: dict[Key, list[Floats]] = {key: [] for key in measures}
    for counts in draws(units, resamples, seed, batch=max(1, _BATCH // units)):
        for key, measure in measures.items():
            found[key].append(measure(counts))
    return {key: np.concatenate(values) for key, values in found.items()}


def interval(value: float, samples: Floats, confidence: float, units: int) -> Estimate:
    """A value with the percentile interval of its draws.

    The percentiles lie a little further out when units are few, as Student's t does beside the normal distribution
    (Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, sec. 3.3:
    "expanded percentile"): with ten blocks the plain interval of 95 % covers about 90 %.

    Args:
        value: The metric of all rows, or the difference of two models.
        samples: (resamples,) the same under each draw.
        confidence: Share of the draws inside, as in 0.95.
        units: How many units were drawn.

    Returns:
        Low and high are NaN when the value is, or when too many draws leave it undefined.
    """
    defined = samples[np.isfinite(samples)]
    if not np.isfinite(value) or units < 2 or len(defined) < (1 - MOST_UNDEFINED) * len(samples):
        return Estimate(value=value, low=float("nan"), high=float("nan"))
    tail = ndtr(np.sqrt(units / (units - 1)) * stdtrit(units - 1, (1 - confidence) / 2))
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Estimate(value=value, low=float(low), high=float(high))
