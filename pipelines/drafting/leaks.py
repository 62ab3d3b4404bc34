"""Columns that know the label: near-copies, columns that are filled only after the outcome, and telling names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.model import Input, Treatment
from components.contracts.sections import Leakage, Table
from components.preparation.labels import classes_of, is_labelled, target_of
from components.preparation.single import single_score
from pipelines.drafting.profile import Profile
from pipelines.drafting.words import AFTERWARDS, BEFORE, words

FEWEST = 20
"""In fewer rows a pattern may be chance."""


def leaks(
    profile: Profile, sample: pa.Table, table: Table, treatments: dict[str, Treatment]
) -> dict[str, str]:
    """Column to the reason why it may not be a feature, for those that leak.

    Args:
        profile: The rows.
        sample: Some of them.
        table: What the columns mean.
        treatments: The columns to look at, and how a model would read them.
    """
    unknown = ~is_labelled(sample.column(table.label))
    known = sample.filter(pa.array(~unknown))
    label = known.column(table.label)
    classes = classes_of(label, table)
    target = target_of(label, classes, table)
    found = {}
    for name, treatment in treatments.items():
        column = Input(name=name, type=profile[name].type, treatment=treatment)
        gaps = _gaps(sample.column(name))
        score = single_score(known.column(name), column, target, len(classes))
        reasons = [
            *_known_together(gaps, unknown),
            *(_filled_afterwards(gaps[~unknown], target, classes) if classes else ()),
            *_too_good(score, table),
            *_telling_name(name, table.label),
        ]
        if reasons:
            found[name] = reasons[0]
    return found


def _gaps(values: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.is_null(values, nan_is_null=True).to_numpy())


def _too_good(score: float, table: Table) -> Iterator[str]:
    if score >= Leakage().max_single_score:
        measure = "ROC AUC" if table.task == "classification" else "|Spearman|"
        yield f"it alone predicts the label ({measure} {score:.3f})"


def _known_together(gaps: np.ndarray, unknown: np.ndarray) -> Iterator[str]:
    """A column that is missing where the label is missing is measured with it."""
    both = int((gaps & unknown).sum())
    if both >= FEWEST and both >= 0.8 * gaps.sum() and both >= 0.8 * unknown.sum():
        yield f"missing in {both / unknown.sum():.0%} of the rows without a label: known together with it"


def _filled_afterwards(gaps: np.ndarray, target: np.ndarray, classes: tuple[Any, ...]) -> Iterator[str]:
    """A column that only rows of one class have, or only rows of one class lack."""
    if gaps.sum() < FEWEST or (~gaps).sum() < FEWEST:
        return
    # Where most rows are of a class anyway, its share says nothing.
    seldom = [(value, target == code) for code, value in enumerate(classes) if (target == code).mean() <= 0.9]
    for value, is_class in seldom:
        if is_class[~gaps].mean() >= 0.99:
            yield f"filled only where the label is {value!r}: known after the outcome"
    for value, is_class in seldom:
        if is_class[gaps].mean() >= 0.99 and gaps[is_class].mean() >= 0.9:
            yield f"missing only where the label is {value!r}: known after the outcome"


def _telling_name(name: str, label: str) -> Iterator[str]:
    parts, of_label = set(words(name)), set(words(label))
    told = sorted(parts & AFTERWARDS)
    if told:
        yield f"its name ({told[0]}) says that it is known after the outcome"
    elif any(len(word) > 3 for word in of_label) and of_label < parts and not parts & BEFORE:
        yield "its name holds the label's: it may be known only with it"
