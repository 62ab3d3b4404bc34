"""What a predictor does with requests that carry keys: the features are looked up off its event loop, within a time limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from components.contracts.errors import StoreError
from components.contracts.schema import Column
from components.serving import metrics
from components.serving.form import Rows
from components.serving.limit import TimeLimit
from components.serving.logging import instant
from components.serving.lookup import View, look_up
from components.serving.refusal import RefusalError, misfit
from components.serving.settings import ServingSettings

if TYPE_CHECKING:
    from components.serving.served import Served
    from components.stores.online import OnlineFeatures

logger = logging.getLogger("evergreen.serving")

READERS = 8
"""Lookups at the same time."""


class Completion:
    """The features that requests leave out, of one predictor and whatever model it serves."""

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._online: OnlineFeatures | None = None
        self._threads: ThreadPoolExecutor | None = None

    def prepare(self, views: Sequence[View]) -> None:
        """Load what reads the online store, where a model looks something up and there is one.

        A store that cannot be opened is said in the log: requests with all inputs are answered all the same.
        """
        if not views or not self._settings.features or self._online is not None:
            return
        from components.settings import Settings
        from components.stores.online import OnlineFeatures

        online = OnlineFeatures(Path(self._settings.features), Settings())
        try:
            online.open()
        except StoreError as error:
            logger.warning("requests that carry keys are refused for now", extra={"reason": str(error)})
        self._online = online
        self._threads = ThreadPoolExecutor(READERS, "lookup")

    async def complete(self, rows: Rows, served: Served) -> Rows:
        """Rows with what they left out, which is counted.

        Raises:
            RefusalError: The store cannot be read in time, or has not what the use case says it must.
        """
        if not rows.absent:
            metrics.given([view.keyed.name for view in served.views], rows.count)
            return rows
        if self._online is None or self._threads is None:
            raise _unavailable("no online feature store is configured here: EVERGREEN_SERVING_FEATURES", rows)
        started = perf_counter()
        at = _instants(rows, served.manifest.event_time)
        work = partial(look_up, rows, served.views, self._online, at)
        try:
            with TimeLimit(self._settings.lookup_timeout):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise _unavailable(
                f"the online feature store did not answer in {self._settings.lookup_timeout:g} s", rows
            ) from None
        except StoreError as error:
            raise _unavailable(str(error), rows) from None
        metrics.looked_up(found.counts, perf_counter() - started)
        if found.problems:
            raise misfit(found.problems)
        return found.rows


def _instants(rows: Rows, event_time: Column | None) -> list[datetime]:
    """When each row happened; now where the request does not say."""
    now = datetime.now(UTC)
    if event_time is None or event_time.name not in rows.columns:
        return [now] * rows.count
    given = rows.columns[event_time.name]
    return [now if value is None else instant(value) for value in given]


def _unavailable(why: str, rows: Rows) -> RefusalError:
    metrics.not_looked_up()
    wanted = ", ".join(rows.absent)
    return RefusalError(503, f"{why}; ask again, or send {wanted}", headers={"Retry-After": "1"})
