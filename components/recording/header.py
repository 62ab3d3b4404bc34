"""What is known of a run when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from components.contracts.errors import UseCaseError
from components.contracts.reports import Cause, RunHeader
from components.stores.models import lock_digest


def header(run: str, name: str, cause: str, as_of: str, code: str, config: Mapping[str, Any]) -> RunHeader:
    """The header of a run.

    Raises:
        UseCaseError: There is no such cause.
    """
    causes = get_args(Cause)
    if cause not in causes:
        raise UseCaseError(f"no cause is named {cause!r}; there are {', '.join(causes)}")
    return RunHeader.model_validate(
        {
            "run": run,
            "use_case": name,
            "cause": cause,
            "as_of": as_of,
            "code": code,
            "lock": lock_digest(),
            "config": dict(config),
        }
    )
