"""Which column is the label, what is to be predicted, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from components.contracts.errors import UseCaseError
from components.contracts.metrics import Task
from components.contracts.sections import Scalar
from pipelines.drafting.profile import ColumnProfile, Profile
from pipelines.drafting.words import FLAG, LABEL, PARTS, names_a_thing, words

MAX_CLASSES = 50
FEWEST_OF_CLASS = 5

_YES = ("1", "1.0", "true", "yes", "y", "t", "positive", "malignant", "on")


@dataclass(frozen=True)
class Choice:
    """A column for a role, why, and the others that came near."""

    name: str
    reason: str
    others: tuple[str, ...] = ()


def choose_label(profile: Profile, asked: str | None, taken: set[str]) -> Choice:
    """The column to predict.

    Args:
        profile: The rows.
        asked: The one that the user named.
        taken: Columns that have another role.

    Raises:
        UseCaseError: There is none that could be, or the one asked for cannot.
    """
    if asked is not None:
        check_label(profile, asked)
        return Choice(asked, "as asked for")
    scores = _scores(profile, taken)
    # Of two that are as likely, the later one: outcomes come last.
    ranked = sorted(list(scores)[::-1], key=lambda name: scores[name], reverse=True)  # noqa: C415
    _check_the_one_named_so(profile, taken | set(scores))
    if not ranked:
        raise UseCaseError(
            f"no column looks like a label; name the one to predict with --label, one of {_all(profile)}"
        )
    best = ranked[0]
    check_label(profile, best)
    if _telling(best, profile) < 3:
        return Choice(best, "a guess; --label names another", tuple(ranked[1:4]))
    others = [name for name in ranked[1:4] if scores[name] > 2]
    return Choice(best, "its name says so", tuple(others))


def check_label(profile: Profile, name: str) -> None:
    """Whether a column can be a label.

    Raises:
        UseCaseError: It is not there, is empty, has one value only, or values that cannot be predicted.
    """
    if name not in profile.names():
        near = get_close_matches(name, profile.names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UseCaseError(f"there is no column {name!r} to be the label.{hint} There are {_all(profile)}")
    column = profile[name]
    if column.filled == 0:
        raise UseCaseError(
            f"the label {name!r} is empty in all {column.rows} rows; name another with --label"
        )
    if column.distinct == 1:
        raise UseCaseError(
            f"the label {name!r} is {column.values[0][0]!r} in every row that has one; there is nothing to predict. "
            "Name another with --label"
        )
    if column.is_time:
        raise UseCaseError(f"the label {name!r} is a {column.type}; predict a number or a class")
    if column.type == "string" and column.distinct > MAX_CLASSES:
        raise UseCaseError(
            f"the label {name!r} is a text with {column.distinct} values; up to {MAX_CLASSES} classes can be told apart"
        )


def _check_the_one_named_so(profile: Profile, others: set[str]) -> None:
    """A column named `label` or `target` that cannot be one is a mistake in the data, not a reason to take another."""
    for name in profile.names():
        if name not in others and _telling(name, profile) >= 6:
            check_label(profile, name)


def _all(profile: Profile) -> str:
    return ", ".join(map(repr, profile.names()))


def _scores(profile: Profile, taken: set[str]) -> dict[str, float]:
    """How likely each column that could be the label is."""
    scores = {}
    # A column that is the same in every row is no last one: it was added to all of them afterwards.
    last = [column.name for column in profile.columns if column.distinct > 1][-1:]
    for position, column in enumerate(profile.columns):
        told = _telling(column.name, profile)
        shape = _shape(column, told)
        if column.name not in taken and shape is not None:
            place = 2.0 if column.name in last else 0.5 if position == 0 else 0.0
            scores[column.name] = 2 * told + shape + place
    return scores


def _telling(name: str, profile: Profile) -> int:
    """How much a name sounds like a label's: 0 to 6."""
    parts = words(name)
    if parts and parts[0] in FLAG and len(parts) > 1:
        return 4
    score = max((LABEL.get(part, 0) for part in parts), default=0)
    if parts == ("y",) and any(words(other) == ("z",) for other in profile.names()):
        return 0  # a place in space
    # The word for what a thing is comes last: `sale_price`, but not `price_group`.
    return score if len(parts) <= 1 or not score else score - (1 if LABEL.get(parts[-1], 0) == score else 3)


def _shape(column: ColumnProfile, told: int) -> float | None:
    """How much a column's values look like a label's; None where it cannot be one."""
    if column.filled == 0 or column.distinct < 2 or column.is_time or column.nulls > 0.5 * column.rows:
        return None
    if column.type == "boolean" or column.distinct == 2:
        return 2.0
    if column.type == "string":
        return 1.0 if column.distinct <= 20 and column.distinct * 5 <= column.rows else None
    if (
        names_a_thing(column.name)
        or (told < 3 and words(column.name)[-1:] and words(column.name)[-1] in PARTS)
        or (column.whole and column.unique and told < 3)
    ):
        return None
    return 1.0


def choose_task(column: ColumnProfile) -> tuple[Task, str]:
    """Classes or a number, with the reason."""
    if column.type in ("string", "boolean"):
        return "classification", f"{column.distinct} classes"
    if column.distinct == 2:
        return "classification", "two values"
    few = column.whole and 0 < len(column.values) <= 10 and column.distinct * 10 <= column.rows
    if few and column.min in (0, 1) and column.max - column.min + 1 == column.distinct:
        return (
            "classification",
            f"{column.distinct} whole numbers that look like classes; regression is possible too",
        )
    if few:
        return "regression", f"numbers, though only {column.distinct}; classification is possible too"
    return "regression", "numbers"


def choose_positive(column: ColumnProfile) -> tuple[Scalar, str] | None:
    """With two classes, the one to look for, and why."""
    if len(column.values) != 2:
        return None
    (often, _), (rare, count) = column.values
    for value in (rare, often):
        if str(value).strip().lower() in _YES:
            return value, f"{dict(column.values)[value] / column.filled:.1%} of the rows with a label"
    return rare, f"the rarer of the two: {count / column.filled:.1%} of the rows with a label"


def rare_classes(label: ColumnProfile) -> tuple[Any, ...]:
    """Classes of so few rows that they cannot be on all sides of a split; none where fewer than two would remain."""
    rare = tuple(value for value, count in label.values if count < FEWEST_OF_CLASS)
    return rare if len(label.values) - len(rare) >= 2 else ()
