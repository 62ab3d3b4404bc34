"""From rows that fit to answers that are in the prediction log, within the time that the request has left."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

from components.contracts.errors import EvergreenError
from components.serving import metrics
from components.serving.form import Rows
from components.serving.limit import TimeLimit
from components.serving.logging import PredictionLog
from components.serving.outputs import Answers
from components.serving.refusal import RefusalError
from components.serving.served import Served

logger = logging.getLogger("evergreen.serving")

SMALL = 512
"""Up to so many rows a graph answers faster than a thread is woken."""


class Turn:
    """Whether predictions are kept or given up: the thread that makes them and the loop that waits may both ask."""

    def __init__(self) -> None:
        self._taken = threading.Lock()

    def take(self) -> bool:
        """Whether nobody took it before; who gets it decides."""
        return self._taken.acquire(blocking=False)


async def answered(
    served: Served, rows: Rows, ids: Sequence[str], log: PredictionLog | None, ends: float
) -> Answers:
    """Predict rows, and keep the predictions before anyone is told.

    Args:
        served: The model.
        rows: What is asked.
        ids: Of each row's prediction.
        log: Where they are kept; None keeps none.
        ends: When the request's time is over, by the monotonic clock.

    Raises:
        RefusalError: The log cannot keep them, or the time is over. A model that is late keeps nothing; where the log is
            late the predictions may be kept, which is said to the caller, counted and logged.
    """
    turn = Turn()
    if rows.count <= SMALL and served.engine.name == "onnx" and (log is None or not log.waits_for_disk):
        return _predict_and_keep(served, rows, ids, log, turn)
    try:
        with TimeLimit(ends - monotonic()):
            return await asyncio.to_thread(_predict_and_keep, served, rows, ids, log, turn)
    except TimeoutError:
        raise _late(ids, turn) from None


def _predict_and_keep(
    served: Served, rows: Rows, ids: Sequence[str], log: PredictionLog | None, turn: Turn
) -> Answers:
    answers = served.answer(rows)
    if not turn.take():
        return answers  # to nobody: what was given up is neither kept nor counted
    if log is not None:
        try:
            served.recorder.keep(log, ids, datetime.now(UTC), rows, answers)
        except EvergreenError as error:
            metrics.not_logged(rows.count)
            raise RefusalError(503, f"the prediction log: {error}", headers={"Retry-After": "5"}) from None
    served.counts.count(rows, answers)
    return answers


def _late(ids: Sequence[str], turn: Turn) -> RefusalError:
    if turn.take():
        return RefusalError(
            504, "the model did not answer in time, and nothing was kept; ask again, or send fewer rows"
        )
    metrics.not_answered(len(ids))
    logger.warning("kept, perhaps, and not answered", extra={"first_id": ids[0], "rows": len(ids)})
    return RefusalError(
        504,
        f"the prediction log did not answer in time, and may have kept what nobody was told, from id {ids[0]!r} on; "
        "ask again with the same id, which is counted once",
    )
