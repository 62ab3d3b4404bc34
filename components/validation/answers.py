"""What speaks against a model after it was tried in the real predictor.

Every comparison is written so that NaN refuses.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.contracts.sections import Budget
from components.contracts.smoke import BadRequest, SmokeReport


def objections(smoke: SmokeReport, budget: Budget) -> Iterator[str]:
    """Every reason why a model that was tried may not serve."""
    if smoke.problem is not None:
        yield f"the predictor does not serve the model: {smoke.problem}"
        return
    if not smoke.golden_rows > 0:
        yield "no golden row was answered; a model without them cannot be told from another"
    if not smoke.difference <= smoke.tolerance:
        yield (
            f"the predictor answers otherwise than the model did offline: outputs of {smoke.golden_rows} golden rows "
            f"differ by up to {smoke.difference:.3g}; {smoke.tolerance:.3g} is allowed"
        )
    for request in smoke.bad_requests:
        if not request.refused:
            yield _accepted(request)
    yield from _latency("half of the single rows", smoke.latency_ms, budget.max_latency_ms)
    yield from _latency("99 % of the single rows", smoke.latency_p99_ms, budget.max_latency_p99_ms)


def _accepted(request: BadRequest) -> str:
    wanted = f"a 4xx that names {request.field}" if request.field else "a 4xx"
    return f"a request with {request.name} was answered with HTTP {request.status}; it must be {wanted}"


def _latency(what: str, milliseconds: float, most: float) -> Iterator[str]:
    if not milliseconds <= most:
        yield f"{what} take up to {milliseconds:.4g} ms through the predictor; the budget is {most:.4g} ms"
