"""What the rows must look like, from what they look like: rules that catch a broken feed and let new rows pass."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from components.contracts.schema import Column
from pipelines.drafting.profile import ColumnProfile
from pipelines.drafting.words import CODE, SIGNED, has

CLOSED = 50
"""More values than this are never taken for all there are."""


def column(
    profile: ColumnProfile, training_only: bool = False, key: bool = False, label: bool = False
) -> Column:
    """The rules for one column.

    Args:
        profile: What it looks like.
        training_only: Whether it does not exist at serving.
        key: Whether it alone names a row.
        label: Whether its values are the classes to predict, which are all there are.
    """
    rules: dict[str, Any] = {"name": profile.name, "type": profile.type}
    if profile.nulls or profile.rows == 0:
        rules |= {"nullable": True, "max_null_fraction": most_nulls(profile)}
    if key:
        rules["unique"] = True
    if (label and _fits_a_domain(profile)) or is_closed(profile):
        rules["domain"] = _sorted(profile)
    elif profile.is_number and not (profile.whole and has(profile.name, CODE)):
        low, high = limits(profile)
        rules |= {name: limit for name, limit in (("min", low), ("max", high)) if limit is not None}
    if training_only:
        rules["environments"] = ("training",)
    return Column.model_validate(rules)


def most_nulls(profile: ColumnProfile) -> float:
    """Twice what was seen at the worst of times and a twentieth more; near half anything goes."""
    share = max(profile.worst_gap, profile.nulls / max(profile.rows, 1))
    return 1.0 if share > 0.45 else round(2 * share + 0.05, 2)


def is_closed(profile: ColumnProfile) -> bool:
    """Whether the values seen are likely all there are: few, and none of them rare.

    A value that is yet to come is about as rare as the rarest ones seen (Good, 1953). Of numbers only 0 and 1 are
    taken for all there are.
    """
    if not 2 <= len(profile.values) <= CLOSED or not _fits_a_domain(profile):
        return False
    if profile.is_number:
        return profile.distinct == 2 and (profile.min, profile.max) == (0, 1)
    rarest = min(count for _, count in profile.values)
    return rarest >= max(10, 0.002 * profile.filled)


def _fits_a_domain(profile: ColumnProfile) -> bool:
    return bool(profile.values) and profile.type in ("string", "int64")


def _sorted(profile: ColumnProfile) -> tuple[Any, ...]:
    return tuple(sorted(value for value, _ in profile.values))


def limits(profile: ColumnProfile) -> tuple[float | None, float | None]:
    """Bounds that new rows keep and a change of unit breaks.

    An amount that was never negative stays so. Otherwise a bound is the whole spread of the values away from them, or half
    their size where they are nearly constant, rounded outward; and only where the tail is light: where it is heavy the next
    maximum may be any multiple.
    """
    if profile.min is None:
        return None, None
    low, high = float(profile.min), float(profile.max)
    margin = max(high - low, abs(low) / 2, abs(high) / 2)
    amount = low >= 0 and not has(profile.name, SIGNED)
    lower = upper = None
    if _light(profile.median - low, profile.median - profile.low):
        lower = _outward(low - margin, ROUND_FLOOR)
    if amount:
        lower = max(lower or 0.0, 0.0)
    grows = profile.whole and profile.distinct > 0.9 * profile.filled
    if not grows and _light(high - profile.median, profile.high - profile.median):
        upper = _outward(high + margin, ROUND_CEILING)
    return lower, upper


def _light(furthest: float, usual: float) -> bool:
    """Whether a tail ends near where most of it is: 3 for a normal distribution, 6 for an exponential one."""
    return usual > 0 and furthest <= 6 * usual


def _outward(value: float, rounding: str) -> float:
    """A round number with two digits, further out."""
    if value == 0:
        return 0.0
    exact = Decimal(repr(value))
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 1), rounding=rounding))
