"""A dark launch: a challenger beside the champion, which nobody calls, answers what the champion answered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import urllib3
from kubernetes import client

from components.contracts.errors import DataError
from components.contracts.model import ModelManifest
from components.contracts.release import Release
from components.serving.comparison import Comparison, compare, differing, logged_scores, requests_of
from components.serving.kserve import KServe
from components.serving.pods import Pods
from components.serving.replay import Asked, scores

BATCH = 50
"""Rows in a request; the first ones are also asked one by one, which tells the time that a request takes."""
ALONE = 20


def dark_launch(
    kserve: KServe, pods: Pods, release: Release, manifest: ModelManifest, rows: pa.Table
) -> Comparison:
    """Let a release answer logged requests on the cluster, and compare; it is gone afterwards.

    Args:
        kserve: Where it is launched: as an InferenceService of its own, `NAME-shadow`, which has no callers.
        pods: The pods there.
        release: The challenger.
        manifest: The challenger's.
        rows: Logged predictions of the champion, as `components.contracts.prediction` has them.

    Raises:
        DataError: There are no logged predictions.
        RolloutError: It does not come up, or does not answer its golden rows as it did offline.
    """
    if not rows.num_rows:
        raise DataError(
            f"no prediction of {release.use_case} is logged in that time; there is nothing to compare"
        )
    with _launched(kserve, pods, release) as challenger:
        told, errors, latency = _replayed(challenger, requests_of(rows, manifest))
    answered = np.array([one is not None for one in told])
    found = scores([one for one in told if one is not None], manifest).reshape(int(answered.sum()), -1)
    champion = logged_scores(rows, manifest)[answered]
    return compare(champion, found, differing(manifest, champion, found), errors, latency)


@contextmanager
def _launched(kserve: KServe, pods: Pods, release: Release) -> Iterator[Asked]:
    shadow = release.model_copy(update={"use_case": f"{release.use_case}-shadow"})
    kserve.deploy(shadow)
    try:
        yield pods.asked(pods.serving(shadow)[0], shadow.use_case, "shadow")
    finally:
        kserve.stop(shadow.use_case)


def _replayed(
    challenger: Asked, requests: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any] | None], list[str], float]:
    """The answer to each row, or None; the reasons of those; the median time of a row alone, in ms."""
    times: list[float] = []
    errors: list[str] = []
    told: list[Mapping[str, Any] | None] = []
    sizes = [1] * min(ALONE, len(requests))
    while sum(sizes) < len(requests):
        sizes.append(min(BATCH, len(requests) - sum(sizes)))
    start = 0
    for size in sizes:
        batch, clock = requests[start : start + size], time.perf_counter()
        start += size
        try:
            told += challenger.predictions(batch)
            times += [(time.perf_counter() - clock) * 1000] if size == 1 else []
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            told += [None] * size
            errors.append(_said(error))
    return told, errors, float(np.median(times)) if times else float("nan")


def _said(error: Exception) -> str:
    body = getattr(error, "body", None)
    try:
        return str(json.loads(body)["error"])  # type: ignore[arg-type]
    except (TypeError, ValueError, KeyError):
        return str(body or error)[:300]
