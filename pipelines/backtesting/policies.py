"""The policies that a team may choose from, each as the section `triggering` that it would write."""

from __future__ import annotations

from datetime import UTC, datetime

from components.contracts.metrics import higher_is_better
from components.contracts.spec import period
from components.contracts.watching import (
    Allowance,
    OnDrift,
    OnElapsed,
    OnPerformance,
    Persistence,
    Triggering,
)

EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
"""Where two periods are laid side by side."""

NEVER = Triggering(performance=None, budget=None, cooldown="0 days")


def policies(metric: str, good: float, own: Triggering, every: str) -> dict[str, Triggering]:
    """Name to policy.

    Args:
        metric: The one that decides.
        good: Its value in the first window: what alarms and gains are measured in.
        own: The use case's section, as it is now.
        every: The distance of checkpoints; nothing can be done more often.
    """
    return {
        "never": NEVER,
        **{
            f"every {length}": _elapsed(length)
            for length in ("2 weeks", "1 month", "2 months", "3 months", "6 months", "1 year")
            if EPOCH + period(length) >= EPOCH + period(every)
        },
        **{f"alarm: {share:.0%} worse": _alarm(metric, good, share) for share in (0.02, 0.05, 0.1)},
        **{f"drift of {share:.0%} of the inputs": _drift(share) for share in (0.1, 0.3)},
        **{f"regret over {share:.1%}": _regret(metric, good * share) for share in (0.0, 0.005, 0.01, 0.02)},
        "regret, 2 of 3 windows": _regret(metric, 0.0).model_copy(
            update={"persistence": Persistence(k=2, n=3)}
        ),
        "regret, 2 a year": _regret(metric, 0.0).model_copy(
            update={"budget": Allowance(runs=2, per="1 year")}
        ),
        "the use case's own": own,
    }


def _elapsed(length: str) -> Triggering:
    return NEVER.model_copy(update={"elapsed": OnElapsed(every=length)})


def _alarm(metric: str, good: float, share: float) -> Triggering:
    bound = good * (1 - share) if higher_is_better(metric) else good * (1 + share)
    # No gain is so large: the alarm is on the champion alone.
    watched = OnPerformance(metric=metric, gain=1e300, bound=bound)
    return NEVER.model_copy(update={"performance": watched, "cooldown": "1 month"})


def _drift(share: float) -> Triggering:
    return NEVER.model_copy(update={"drift": OnDrift(share=share), "cooldown": "1 month"})


def _regret(metric: str, gain: float) -> Triggering:
    return NEVER.model_copy(
        update={"performance": OnPerformance(metric=metric, gain=gain), "cooldown": "7 days"}
    )
