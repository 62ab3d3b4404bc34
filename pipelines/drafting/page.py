"""The use-case file of a draft: every choice with its reason, for the person who reviews it."""

from __future__ import annotations

from datetime import datetime

from pipelines.drafting.decide import Decisions, Roles
from pipelines.drafting.profile import Profile
from pipelines.drafting.spans import RECORD, block, instant, replay
from pipelines.drafting.text import comment, listed, sentence, value

FEW_ROWS = 2000
"""With fewer, a linear model may do as well as trees."""


def usecase_text(name: str, table: str, address: str, decided: Decisions, now: datetime) -> str:
    """The file, in the order of the sections.

    Args:
        name: The use case.
        table: The name of its table in SQL.
        address: Where that is.
        decided: What goes in.
        now: The present; tells whether the rows are a record.
    """
    span = _span(decided)
    parts = [
        _head(name, decided),
        "".join(["table:\n", *_table(decided.roles)]),
        "".join(["extraction:\n", *_source(table, address, decided), *_window(span, now)]),
        "".join(["preparation:\n", *_features(decided), *_split(decided)]),
        "".join(["training:\n", *_training(decided.profile.rows)]),
        "".join(_evaluation(decided, span)),
        "".join(["validation:\n", *_validation(decided)]),
    ]
    return "\n".join(parts)


def _span(decided: Decisions) -> tuple[datetime, datetime] | None:
    """First and last event time."""
    name = decided.roles.table.event_time
    if name is None:
        return None
    column = decided.profile[name]
    return instant(column.min), instant(column.max)


def _head(name: str, decided: Decisions) -> str:
    about = f"Predicts {' '.join(decided.roles.table.label.split())}."
    return (
        "# yaml-language-server: $schema=usecase.schema.json\n"
        + comment(
            f"A draft, made by looking at {decided.profile.rows:,} rows. Read every comment, correct what is wrong, then "
            "remove the comments: they tell what was seen on that day. docs/usecase.md explains each field."
        )
        + f"name: {name}\n"
        + f"description: {value(about)}\n"
    )


def _table(roles: Roles) -> list[str]:
    table, times = roles.table, roles.times
    lines = [
        *_role("task", table.task, roles.task_reason),
        *_role("label", table.label, roles.label.reason, roles.label.others),
    ]
    if table.positive is not None:
        lines += _role("positive", table.positive, roles.positive_reason)
    if times.event:
        reason = f"{times.event.reason}. It must be known when the model is asked"
        lines += _role("event_time", times.event.name, reason, times.event.others)
    else:
        lines.append(
            comment(
                "event_time: no column tells when a row happened. Without one, the rows have no order.", 2
            )
        )
    if times.available:
        lines += _role("available_time", times.available.name, times.available.reason)
    elif times.event:
        without = "available_time: when the label was known. Without such a column, a row counts as known when it happened."
        lines.append(comment(without, 2))
    if table.key:
        lines += _role("key", table.key, roles.key_reason)
    else:
        lines.append(
            comment("key: no columns were found that name one row, so that repeated rows cannot be told.", 2)
        )
    if roles.group:
        lines += _role("group", roles.group.name, roles.group.reason)
    return lines


def _role(name: str, choice: object, reason: str, others: tuple[str, ...] = ()) -> list[str]:
    also = f" It could also be {', '.join(value(other) for other in others)}." if others else ""
    return [comment(f"{sentence(reason)}{also}", 2), f"  {name}: {value(choice)}\n"]


def _source(table: str, address: str, decided: Decisions) -> list[str]:
    lines = []
    if address.startswith("/"):
        lines.append(
            comment("Moved beneath EVERGREEN_DATA and named relative to it, others can run this too.", 2)
        )
    lines.append(f"  tables:\n    {table}: {value(address)}\n")
    query = decided.query
    sql = query.in_file(table)
    if sql is None:
        return lines
    lines += [
        comment(f"{value(one.column)}: {one.reason}.", 2) for one in query.conversions if not one.by_type
    ]
    if query.copies:
        lines.append(comment(f"DISTINCT: {query.copies} rows are exact copies of others.", 2))
    if query.rare:
        rare = ", ".join(value(one) for one in query.rare)
        lines.append(
            comment(f"WHERE: too few rows to be on all sides of a split have the classes {rare}.", 2)
        )
    return [*lines, "  query: |\n", *(f"    {line}\n" for line in sql.splitlines())]


def _window(span: tuple[datetime, datetime] | None, now: datetime) -> list[str]:
    if span is None:
        return [comment("A run reads all rows: without an event time there is no window.", 2)]
    first, last = span
    lines = [
        comment(
            f"A run reads all rows up to its as_of, which is the present; they are of {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}. For a window that moves: window: {{length: 12 months}}.",
            2,
        )
    ]
    if last > now:
        lines.append(comment("Rows of the future are not read before their time has come.", 2))
    if now - last > RECORD and last > first:
        start, step = replay(first, last)
        lines.append(
            comment("These rows are a record: nothing new comes. To replay their past, a run at a time:", 2)
        )
        lines.append(f"  # replay:\n  #   first: {start}\n  #   step: {step}\n")
    return lines


def _features(decided: Decisions) -> list[str]:
    features = decided.features
    lines = ["  features:\n"]
    for kind in ("numeric", "categorical", "calendar"):
        names = getattr(features, kind)
        lines.append(listed(kind, [(name, _remark(decided.profile, name, kind)) for name in names], 4))
    if features.categorical:
        lines.append(comment("Categories of fewer rows are taken together.", 4))
        lines.append(f"    min_frequency: {features.min_frequency}\n")
    if decided.left:
        said = "Left out, each with the reason. To use one, name it above."
        if decided.leaking:
            said += (
                " One that is for training alone needs its environments corrected in the schema; one that alone predicts the "
                "label needs a place in preparation.leakage.allowed."
            )
        lines.append(comment(said, 4))
        lines += [comment(f"{value(name)}: {reason}", 4, "#   ") for name, reason in decided.left.items()]
    return lines


def _remark(profile: Profile, name: str, kind: str) -> str:
    column = profile[name]
    gaps = f", {column.nulls / column.rows:.1%} missing" if column.nulls else ""
    if kind == "calendar":
        return f"month, weekday and hour{gaps}"
    if kind == "numeric" and column.is_number:
        return f"{_short(column.min)} … {_short(column.max)}{gaps}"
    about = "" if column.values else "about "
    code = ", whole numbers taken for names" if column.type == "int64" else ""
    return f"{about}{column.distinct} values{code}{gaps}"


def _short(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.4g}"


def _split(decided: Decisions) -> list[str]:
    reasons = {
        "time": "The latest rows are held out, as in life.",
        "group": "Rows of one group are held out together.",
        "label": "Held out at random, with the same share of every class.",
        "random": "Held out at random: the rows have no time.",
    }
    way = decided.split.by or "random"
    return ["  split:\n", comment(reasons[way], 4), f"    by: {way}\n"]


def _training(rows: int) -> list[str]:
    if rows < FEW_ROWS:
        return [
            comment(
                "With so few rows a linear model may do as well; the better one in the search is taken.", 2
            ),
            "  algorithms: [gradient-boosting, linear]\n",
        ]
    return [
        comment("There are also linear and forest; with several the best one in the search is taken.", 2),
        "  algorithms: [gradient-boosting]\n",
    ]


def _evaluation(decided: Decisions, span: tuple[datetime, datetime] | None) -> list[str]:
    lines = []
    if decided.slices:
        lines.append(comment("How the model does for each value of these.", 2))
        lines.append("  slices:\n" + "".join(f"    - column: {value(name)}\n" for name in decided.slices))
    chosen = block(*span, decided.split.test) if span else "1 day"
    if chosen != "1 day":
        lines.append(
            comment("The held-out rows span few days, so that intervals are made from shorter blocks.", 2)
        )
        lines.append(f"  bootstrap:\n    block: {value(chosen)}\n")
    if lines:
        return ["evaluation:\n", *lines]
    return [
        comment("All metrics that fit the task; no column asks to be looked at value by value."),
        "evaluation: {}\n",
    ]


def _validation(decided: Decisions) -> list[str]:
    classes = decided.roles.table.task == "classification"
    first, second = ("log_loss", "roc_auc") if classes else ("rmse", "mae")
    unit = "0.5 is chance, 1 is perfect" if classes else "in units of the label"
    lines = [
        "  gates:\n",
        comment(
            "Surely better than always predicting the usual, and than the champion. A small negative over_champion lets a "
            "model take over that is about as good, and fresher.",
            4,
        ),
        f"    - metric: {first}\n      over_baseline: 0\n      over_champion: 0\n",
        comment(f"A second look ({unit}). Once you know what is good enough, write it here as bound.", 4),
        f"    - metric: {second}\n      over_baseline: 0\n",
    ]
    if decided.slices:
        lines.append(comment("No slice may become surely worse than it is with the champion.", 2))
        lines.append(f"  slices:\n    - metric: {first}\n      over_champion: 0\n")
    return lines
