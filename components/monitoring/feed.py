"""Whether served rows are what they claim to be: what a broken sender does to them, and no season does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from components.contracts.monitoring import CollectionReport
from components.contracts.watching import Feed
from components.monitoring.drift import Watched
from components.monitoring.tally import FIRST, NON_FINITE, NULL, Tally

Floats = npt.NDArray[np.float64]

FEWEST = 30
"""With fewer rows, a day alone shows nothing."""

SCALE = 20.0
"""A mean size that is so many times the reference's, or the reference's so many times it, is another unit."""

VANISHED = 0.01
"""Share of the reference from which on a value that is gone is named."""


def problems(
    collected: CollectionReport,
    watched: Sequence[Watched],
    lacking: Sequence[str],
    retyped: Mapping[str, str],
    spec: Feed,
) -> tuple[str, ...]:
    """Everything that is wrong with the rows, for a person.

    Args:
        collected: How many rows there are, and when they are of.
        watched: The columns before and now; inputs are looked at.
        lacking: Inputs of the model that the log does not have.
        retyped: Columns that have another type in the log, and what it is.
        spec: From where on.
    """
    if not collected.rows:
        return (f"nothing was served from {collected.start:%Y-%m-%d} to {collected.end:%Y-%m-%d}",)
    found = [f"{name!r} is not in the log, and the model takes it" for name in lacking]
    found += [f"{name!r} is {kind} in the log" for name, kind in retyped.items()]
    ahead = collected.ahead / collected.rows
    if ahead > spec.clock:
        found.append(f"{ahead:.0%} of the rows are of a time after they were answered: a clock is wrong")
    found += [
        f"{name!r} differs from what training reads for the same row in {share:.0%} of the predictions"
        for name, share in collected.skew.items()
        if share > spec.skew
    ]
    for one in watched:
        if one.role == "input":
            found += _column(one, spec)
    if watched:
        found += _silence(watched[0].reference, watched[0].current, collected)
    return tuple(found)


def labels_missing(collected: CollectionReport, min_rows: int, min_coverage: float) -> tuple[str, ...]:
    """What is missing of the ground truth, for a person."""
    found = []
    if collected.labelled < min_rows:
        found.append(f"{collected.labelled:,} rows have a label, fewer than {min_rows:,}")
    if collected.expected and collected.coverage < min_coverage:
        found.append(
            f"{collected.coverage:.0%} of the {collected.expected:,} labels that are expected by now came; "
            f"{min_coverage:.0%} are asked for"
        )
    elif collected.recent_labelled < min_coverage * collected.recent_expected:
        found.append(
            f"labels stopped: {collected.recent_labelled:,} of the latest {collected.recent_expected:,} that are expected came"
        )
    return tuple(found)


def _column(one: Watched, spec: Feed) -> Iterator[str]:
    name = one.reference.bins.column.partition(".")[2]
    yield from _share(one, NULL, "null", spec.nulls, name)
    yield from _share(one, NON_FINITE, "not finite", spec.non_finite, name)
    if one.reference.bins.is_number:
        yield from _units(one, name)
    elif not one.reference.total[-1]:
        yield from _renamed(one, spec, name)


def _share(one: Watched, place: int, what: str, margin: float, name: str) -> Iterator[str]:
    """More of a bin than any day of the reference had, in the window or on its last day."""
    most = float(_shares(one.reference, place).max(initial=0.0))
    whole = one.current.total[place] / max(one.current.total.sum(), 1)
    last = _shares(one.current, place)[-1:].max(initial=0.0)
    if whole > most + margin or last > most + margin:
        seen = f"{whole:.0%} of the rows, {last:.0%} of the last day's"
        yield f"{name!r} is {what} in {seen}; in the reference at most in {most:.0%} of a day's"


def _shares(tally: Tally, place: int) -> Floats:
    """(days,) the share of a bin on each day that has enough rows."""
    rows = tally.counts.sum(axis=1)
    full = rows >= FEWEST
    return np.asarray(tally.counts[full, place] / rows[full])


def _units(one: Watched, name: str) -> Iterator[str]:
    ratios = [_size(one.current, days) / _size(one.reference) for days in (slice(None), slice(-1, None))]
    for ratio, when in zip(ratios, ("", " on the last day"), strict=True):
        if ratio > SCALE or (0 < ratio < 1 / SCALE and when == ""):
            yield f"{name!r} is {ratio:.3g} times as large as in the reference{when}: its unit may have changed"
            return


def _size(tally: Tally, days: slice = slice(None)) -> float:
    """Mean absolute value of the finite numbers; NaN where there are none, which compares as no change."""
    rows = tally.counts[days, FIRST:].sum()
    return float(tally.sizes[days].sum() / rows) or float("nan") if rows else float("nan")


def _renamed(one: Watched, spec: Feed, name: str) -> Iterator[str]:
    unseen = one.current.total[-1] / max(one.current.total.sum(), 1)
    last = _shares(one.current, one.current.bins.size - 1)[-1:].max(initial=0.0)
    if max(unseen, last) <= spec.unseen:
        return
    before, now = one.reference.total / one.reference.total.sum(), one.current.total
    gone = [
        repr(value)
        for at, value in enumerate(one.reference.bins.values, start=FIRST)
        if before[at] >= VANISHED and (not now[at] or not one.current.counts[-1, at])
    ]
    missed = f"; gone: {', '.join(gone)}" if gone else ""
    yield f"{name!r} has values that the reference does not know in {max(unseen, last):.0%} of the rows{missed}"


def _silence(reference: Tally, current: Tally, collected: CollectionReport) -> Iterator[str]:
    """Days without a row, more in a row than the reference ever had, within the window or up to its end."""
    normal = int(np.diff(reference.cells).max(initial=1))
    end = int(collected.end.timestamp() // 86_400)
    days = [*current.cells, end]
    for before, after in pairwise(days):
        if after - before > normal:
            yield f"no rows from {_date(before + 1)} to {_date(after - 1)}: the sender or its clock stopped"


def _date(day: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%d}"
