"""What would make a model look better in training than it can be in serving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa

from components.contracts.errors import DataError
from components.contracts.model import inputs_of
from components.contracts.schema import TableSchema
from components.contracts.sections import Features, Leakage, Preparation, Table
from components.preparation.codes import codes_of
from components.preparation.labels import classes_of, target_of
from components.preparation.parts import Parts
from components.preparation.single import single_score
from components.preparation.split import event_times

MOST_ROWS = 200_000
"""So many of the training rows, evenly spaced, are enough to tell a feature that is too good."""


def require_none(
    rows: pa.Table, parts: Parts, table: Table, schema: TableSchema, section: Preparation
) -> dict[str, float]:
    """Look for leaks and return how well each feature alone ranks the label.

    Raises:
        DataError: With every leak that was found.
    """
    scores = single_scores(rows, parts, table, schema, section.features)
    findings = [
        *_post_outcome(schema, section.features),
        *_out_of_order(rows, parts, table),
        *_on_both_sides(rows, parts, table),
        *_too_good(scores, section.leakage, table),
    ]
    if findings:
        raise DataError("The rows leak what the model must predict:", findings)
    return scores


def single_scores(
    rows: pa.Table, parts: Parts, table: Table, schema: TableSchema, features: Features
) -> dict[str, float]:
    """Feature to how well it alone ranks the label of the training rows; see `single_score`."""
    sample = pa.array(parts.train[:: -(-len(parts.train) // MOST_ROWS)])
    classes = classes_of(rows.column(table.label), table)
    target = target_of(rows.column(table.label).take(sample), classes, table)
    return {
        column.name: single_score(rows.column(column.name).take(sample), column, target, len(classes))
        for column in inputs_of(features, schema)
    }


def _post_outcome(schema: TableSchema, features: Features) -> Iterator[str]:
    for name in features.names():
        if "serving" not in schema.column(name).environments:
            yield f"{name!r} is a feature, and the schema says that it does not exist at serving; remove it"


def _out_of_order(rows: pa.Table, parts: Parts, table: Table) -> Iterator[str]:
    if parts.by != "time":
        return
    times = event_times(rows, table)
    for (early, first), (late, second) in pairwise(parts.named().items()):
        if times[first].max() >= times[second].min():
            yield f"{early} reaches into the time of {late}"


def _on_both_sides(rows: pa.Table, parts: Parts, table: Table) -> Iterator[str]:
    together = {"key": table.key, "group": (table.group,) if table.group and parts.by != "time" else ()}
    for what, names in together.items():
        if not names:
            continue
        ids = _ids(rows, names)
        held = {part: _occurring(ids[places], ids.max() + 1) for part, places in parts.named().items()}
        for one, other in combinations(held, 2):
            shared = np.flatnonzero(held[one] & held[other])
            if len(shared):
                example = rows.select(list(names)).slice(int(np.argmax(ids == shared[0])), 1).to_pylist()[0]
                yield (
                    f"{len(shared)} values of the {what} ({', '.join(names)}) are in both {one} and {other}, "
                    f"as {example}; {_MEND[what]}"
                )


_MEND = {
    "key": "remove the duplicates in the query, or correct table.key",
    "group": "split by group",
}


def _occurring(ids: np.ndarray, count: int) -> np.ndarray:
    occurs = np.zeros(count, dtype=bool)
    occurs[ids] = True
    return occurs


def _too_good(scores: dict[str, float], limits: Leakage, table: Table) -> Iterator[str]:
    for name, score in scores.items():
        if score >= limits.max_single_score and name not in limits.allowed:
            yield (
                f"{name!r} alone ranks {table.label!r} with {score:.4f} (limit {limits.max_single_score}); remove it "
                "from preparation.features, or, if it is really known at prediction, add it to preparation.leakage.allowed"
            )


def _ids(rows: pa.Table, names: Sequence[str]) -> np.ndarray:
    """A number (n,) for every row, equal where all the columns are."""
    ids = np.zeros(rows.num_rows, dtype=np.int64)
    for name in names:
        codes = codes_of(rows.column(name))
        # Dense again after every column, so that the product cannot overflow.
        ids = np.unique(ids * (codes.max(initial=0) + 1) + codes, return_inverse=True)[1]
    return ids
