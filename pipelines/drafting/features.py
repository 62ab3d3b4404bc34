"""Which columns a model takes, how, and why not the others."""

from __future__ import annotations

import pyarrow as pa

from components.contracts.errors import UseCaseError
from components.contracts.model import Input, Treatment
from components.contracts.sections import Features, Table
from components.preparation.labels import is_labelled
from components.preparation.single import single_score
from pipelines.drafting.leaks import leaks
from pipelines.drafting.profile import ColumnProfile, Profile
from pipelines.drafting.times import Times
from pipelines.drafting.treatments import Left, treatment

GROWS = 0.97
"""From this rank correlation with time on, a number is a clock."""


def choose_features(
    looked: Profile, sample: pa.Table, table: Table, times: Times
) -> tuple[Features, dict[str, str], frozenset[str]]:
    """The features; the columns that are left out, with the reasons; and those of them that leak.

    Raises:
        UseCaseError: None is left.
    """
    treatments, left = _treatments(looked, table, times)
    leaking = leaks(looked, sample, table, treatments)
    sound = {name: kind for name, kind in treatments.items() if name not in leaking}
    left |= leaking | _growing(sample, table, [name for name, kind in sound.items() if kind == "numeric"])
    kept = {name: kind for name, kind in sound.items() if name not in left}
    left = {name: left[name] for name in looked.names() if name in left}
    if not kept:
        reasons = "".join(f"\n  - {name}: {reason}" for name, reason in left.items())
        raise UseCaseError(f"no column is left to predict {table.label!r} from:{reasons}")
    by_kind = {
        kind: tuple(name for name, treated in kept.items() if treated == kind)
        for kind in ("numeric", "categorical", "calendar")
    }
    features = Features(**by_kind, min_frequency=max(1, min(20, looked.rows // 50)))
    return features, left, frozenset(leaking) | frozenset(times.later)


def _treatments(looked: Profile, table: Table, times: Times) -> tuple[dict[str, Treatment], dict[str, str]]:
    """How each column that may be a feature is read, and why others are not."""
    treatments: dict[str, Treatment] = {}
    left = dict.fromkeys(times.later, f"a time that is never before {table.event_time}: known afterwards?")
    alone = table.key[0] if len(table.key) == 1 else None
    for column in looked.columns:
        name = column.name
        if name in (table.label, table.available_time, *left):
            continue
        how = treatment(column)
        if name == alone:
            left[name] = "the key: another value in every row"
        elif name == table.group:
            left[name] = "the group: a new one has a value that was never seen"
        elif isinstance(how, Left):
            left[name] = how.reason
        else:
            treatments[name] = how
    return treatments, left


def _growing(sample: pa.Table, table: Table, names: list[str]) -> dict[str, str]:
    """Numbers that only grow with time: what a model learns of them never comes again."""
    if table.event_time is None:
        return {}
    rows = sample.filter(pa.array(is_labelled(sample.column(table.event_time))))
    times = rows.column(table.event_time)
    instants = times.cast(pa.timestamp("us", getattr(times.type, "tz", None))).cast(pa.int64()).to_numpy()
    return {
        name: f"grows with {table.event_time}, so that its values never come again"
        for name in names
        if single_score(rows.column(name), Input(name=name, type="float64", treatment="numeric"), instants, 0)
        >= GROWS
    }


def choose_slices(features: Features, looked: Profile) -> tuple[str, ...]:
    """At most two features of few values, each with rows enough to be judged."""

    def fits(column: ColumnProfile) -> bool:
        return 2 <= len(column.values) <= 10 and column.values[-1][1] >= max(100, 0.02 * column.rows)

    flags = [name for name in features.numeric if looked[name].type == "boolean"]
    return tuple(name for name in (*features.categorical, *flags) if fits(looked[name]))[:2]
