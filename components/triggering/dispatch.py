"""What follows a decision: the run is started, and a person is told."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from components.contracts.decisions import Record
from components.contracts.errors import StoreError, UseCaseError
from components.contracts.watching import Alerts
from components.triggering.alerts import alerts
from components.triggering.outbox import Starter

Send = Callable[[dict[str, Any]], None]


def starter(name: str) -> Starter:
    """The function `module:function` that starts runs.

    Raises:
        UseCaseError: There is none of that name.
    """
    module, _, function = name.partition(":")
    try:
        found: Starter = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise UseCaseError(
            f"EVERGREEN_STARTER is {name!r}, and there is no such function: {error}; write module:function"
        ) from error
    return found


def tell(records: Iterable[Record], spec: Alerts, send: Send) -> tuple[str, ...]:
    """Send what is worth a person's attention. What cannot be delivered does not stop what was decided.

    Returns:
        Why alerts were not delivered; nothing when all were.
    """
    failed = []
    for alert in alerts(records, spec):
        try:
            send(alert.to_slack())
        except StoreError as error:
            failed.append(str(error))
    return tuple(failed)
