"""The label column: its classes, its positive class, and the numbers that algorithms learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.contracts.errors import DataError, UseCaseError
from components.contracts.sections import Scalar, Table


def is_labelled(label: pa.ChunkedArray) -> np.ndarray:
    """Which rows (n,) have a label; NaN is none."""
    return ~np.asarray(pc.is_null(label, nan_is_null=True).to_numpy())


def classes_of(label: pa.ChunkedArray, table: Table) -> tuple[Scalar, ...]:
    """The classes in sorted order, which is the order of a model's scores; empty for regression.

    Raises:
        UseCaseError: The label is of a type that has no classes.
    """
    if table.task == "regression":
        return ()
    found = pc.unique(label.filter(pa.array(is_labelled(label)))).to_pylist()
    if found and not isinstance(found[0], get_args(Scalar)):
        raise UseCaseError(f"table.label is {table.label!r}, a {label.type}; cast it to text in the query")
    return tuple(sorted(found))


def positive_of(classes: Sequence[Scalar], table: Table) -> Scalar | None:
    """With two classes, the one whose probability is the score.

    Raises:
        UseCaseError: The use case names one that does not occur.
    """
    if len(classes) != 2:
        return None
    if table.positive is None:
        return classes[-1]
    if table.positive not in classes:
        raise UseCaseError(
            f"table.positive is {table.positive!r}, but {table.label!r} holds {classes[0]!r} and {classes[1]!r}"
        )
    return classes[classes.index(table.positive)]


def target_of(label: pa.ChunkedArray, classes: Sequence[Scalar], table: Table) -> np.ndarray:
    """What an algorithm learns (n,): positions in `classes`, or for regression the numbers; -1 or NaN where unlabelled.

    Raises:
        DataError: A number is infinite.
    """
    if table.task == "classification":
        positions = pc.index_in(label, pa.array(classes, label.type))
        return np.asarray(pc.fill_null(positions, -1).to_numpy(), dtype=np.int64)
    numbers = np.asarray(label.cast(pa.float64(), safe=False).to_numpy())
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise DataError(
            f"label {table.label!r} is infinite in {infinite} rows; leave such rows out in the query"
        )
    return numbers
