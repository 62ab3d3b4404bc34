"""Fit a pipeline so that the result does not depend on how many threads there are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from components.contracts.errors import UseCaseError

WORTH_THREADS = 10_000
"""With fewer rows, threads of gradient boosting wait for each other longer than they work."""


def fit(pipeline: Pipeline, frame: pd.DataFrame, target: np.ndarray, jobs: int) -> Pipeline:
    """Fit a pipeline in place, and return it ready to be kept.

    Raises:
        UseCaseError: A hyperparameter has a value that the algorithm refuses.
    """
    try:
        with reproducible(jobs, len(frame)):
            pipeline.fit(frame, target)
    except ValueError as error:
        name = type(pipeline[-1]).__name__
        raise UseCaseError(f"{name} cannot be fitted; see training.parameters: {error}") from error
    return forget_threads(pipeline)


@contextmanager
def reproducible(jobs: int, rows: int) -> Iterator[None]:
    """Let gradient boosting use `jobs` threads, unless there are few rows, and linear algebra one.

    Gradient boosting and forests divide work by feature, row or tree, and give the same bits with any number of
    threads. BLAS divides sums, and does not.
    """
    threads = jobs if rows >= WORTH_THREADS else 1
    with threadpool_limits({"blas": 1, "openmp": threads}), warnings.catch_warnings():
        # A linear model that stops early is judged by its score, as every other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def forget_threads(pipeline: Pipeline) -> Pipeline:
    """Set what a fitted pipeline remembers about threads to one, so that its bytes do not tell the machine.

    A forest also adds up its trees in the order that threads finish: with one, predictions are the same bits always.
    """
    model = pipeline[-1]
    if model.get_params().get("n_jobs") is not None:
        model.set_params(n_jobs=1)
    if hasattr(model, "_bin_mapper"):
        model._bin_mapper.n_threads = 1
    return pipeline
