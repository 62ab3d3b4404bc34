"""Hold rows out: the latest ones, whole groups, the same share of every class, or any."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from components.contracts.errors import DataError, UseCaseError
from components.contracts.sections import Split, Table
from components.preparation.codes import codes_of
from components.preparation.labels import classes_of, is_labelled, target_of
from components.preparation.parts import By, Parts, require_usable

FEWEST_ROWS = 10
TRAIN, VALIDATION, TEST = range(3)


def split(rows: pa.Table, table: Table, spec: Split) -> Parts:
    """The rows of each part; rows without a label are in none.

    Raises:
        DataError: There are too few rows, an empty part, or a part that misses a class.
        UseCaseError: The table cannot be split that way.
    """
    by = way(table, spec)
    label = _column(rows, table.label, "table.label")
    kept = np.flatnonzero(is_labelled(label))
    if len(kept) < FEWEST_ROWS:
        raise DataError(
            f"{len(kept)} rows have a label; at least {FEWEST_ROWS} are needed. Widen the window."
        )
    label = label.take(pa.array(kept))
    order, sides = _sides(by, rows, kept, label, table, spec)
    train, validation, test = (kept[order[sides[order] == side]] for side in (TRAIN, VALIDATION, TEST))
    parts = Parts(train, validation, test, unlabelled=rows.num_rows - len(kept), by=by)
    require_usable(parts, rows.column(table.label), table)
    return parts


def way(table: Table, spec: Split) -> By:
    """How the rows are split: as told, else by time, group, label or at random, whichever there is first.

    Raises:
        UseCaseError: The table has not what that way needs.
    """
    has: dict[By, bool] = {
        "time": table.event_time is not None,
        "group": table.group is not None,
        "label": table.task == "classification",
        "random": True,
    }
    by = spec.by or _first(has)
    if not has[by]:
        needs = {"time": "table.event_time", "group": "table.group", "label": "a classification"}
        raise UseCaseError(f"preparation.split.by is {by}, which needs {needs[by]}")
    return by


def _first(has: dict[By, bool]) -> By:
    return next(by for by, there in has.items() if there)


def _sides(
    by: By, rows: pa.Table, kept: np.ndarray, label: pa.ChunkedArray, table: Table, spec: Split
) -> tuple[np.ndarray, np.ndarray]:
    in_order = np.arange(len(kept))
    if by == "time":
        times = event_times(rows, table)[kept]
        return np.argsort(times, kind="stable"), _by_time(times, spec)
    random = np.random.default_rng(spec.seed)
    if by == "group":
        groups = _column(rows, table.group or "", "table.group").take(pa.array(kept))
        return in_order, _by_group(codes_of(groups), spec, random)
    if by == "label":
        return in_order, _by_class(target_of(label, classes_of(label, table), table), spec, random)
    return in_order, _at_random(len(kept), spec, random)


def event_times(rows: pa.Table, table: Table) -> np.ndarray:
    """Microseconds since 1970 (n,).

    Raises:
        DataError: A row has no event time.
    """
    values = _column(rows, table.event_time or "", "table.event_time")
    if values.null_count:
        raise DataError(f"{values.null_count} rows have no {table.event_time!r}; leave them out in the query")
    # By way of a timestamp, so that a date counts as its midnight.
    return np.asarray(
        values.cast(pa.timestamp("us", getattr(values.type, "tz", None))).cast(pa.int64()).to_numpy()
    )


def _by_time(times: np.ndarray, spec: Split) -> np.ndarray:
    ordered = np.sort(times)
    test, validation = _counts(len(times), spec)
    test_begins = ordered[-test]
    earlier = ordered[ordered < test_begins]
    if not len(earlier):
        return np.full(len(times), TEST)
    # Rows of one instant stay together, so that a coarse event time may move a boundary.
    validation_begins = min(ordered[-test - validation], earlier[-1])
    return np.where(times >= test_begins, TEST, np.where(times >= validation_begins, VALIDATION, TRAIN))


def _by_group(groups: np.ndarray, spec: Split, random: np.random.Generator) -> np.ndarray:
    # Rows without a group are one group: that can only hold back too much.
    groups = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(groups)
    shuffled = random.permutation(len(sizes))
    rows_before = np.cumsum(sizes[shuffled]) - sizes[shuffled]
    test, validation = _counts(len(groups), spec)
    side = np.where(rows_before < test, TEST, np.where(rows_before < test + validation, VALIDATION, TRAIN))
    of_group = np.empty(len(sizes), dtype=np.int64)
    of_group[shuffled] = side
    return of_group[groups]


def _by_class(target: np.ndarray, spec: Split, random: np.random.Generator) -> np.ndarray:
    sides = np.empty(len(target), dtype=np.int64)
    for code in range(target.max() + 1):
        members = np.flatnonzero(target == code)
        sides[members] = _at_random(len(members), spec, random)
    return sides


def _at_random(rows: int, spec: Split, random: np.random.Generator) -> np.ndarray:
    test, validation = _counts(rows, spec)
    sides = np.full(rows, TRAIN)
    sides[:test] = TEST
    sides[test : test + validation] = VALIDATION
    return random.permutation(sides)


def _counts(rows: int, spec: Split) -> tuple[int, int]:
    return max(1, round(rows * spec.test)), max(1, round(rows * spec.validation))


def _column(rows: pa.Table, name: str, role: str) -> pa.ChunkedArray:
    if name not in rows.column_names:
        raise DataError(f"column {name!r}, named by {role}, is missing from the rows")
    return rows.column(name)
