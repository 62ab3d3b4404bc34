"""Rows sent to an endpoint in batches; a row that is refused does not keep the others from being answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from components.contracts.errors import DataError, RolloutError
from components.serving.endpoint import Endpoint

BATCH = 500
"""Rows of a request."""


class Told(NamedTuple):
    """What came of one row."""

    row: int
    """Its place in the file, from 1."""
    prediction: Mapping[str, Any] | None
    error: str = ""
    """Why it was refused."""


def ask(
    endpoint: Endpoint, rows: Sequence[Mapping[str, Any]], batch: int = BATCH, name: str = ""
) -> Iterator[Told]:
    """The predictions of rows, in their order.

    A batch that is refused is halved until the rows that are wrong stand alone.

    Args:
        endpoint: Who is asked.
        rows: Each as its columns.
        batch: Rows of a request.
        name: What the ids of requests begin with; the predictor chooses them when empty.

    Raises:
        RolloutError: Nothing answers, or the predictor fails.
    """
    for start in range(0, len(rows), batch):
        yield from _batch(endpoint, rows[start : start + batch], start + 1, name)


def _batch(endpoint: Endpoint, rows: Sequence[Mapping[str, Any]], first: int, name: str) -> Iterator[Told]:
    answer = endpoint.predict(rows, f"{name}-{first}" if name else "")
    if answer.ok:
        yield from (Told(number, found) for number, found in enumerate(answer.predictions(), first))
    elif answer.status >= 500:
        raise RolloutError(f"{endpoint.address} failed: {answer.error()}")
    elif len(rows) == 1:
        yield Told(first, None, answer.problems())
    else:
        half = len(rows) // 2
        yield from _batch(endpoint, rows[:half], first, name)
        yield from _batch(endpoint, rows[half:], first + half, name)


def write(told: Sequence[Told], to: Path | None) -> None:
    """Print the predictions as JSON lines, or write them to a .csv, .parquet or .jsonl file.

    Raises:
        DataError: The file has another ending, or cannot be written.
    """
    rows = [{"row": one.row, **one.prediction} for one in told if one.prediction is not None]
    if to is None:
        for row in rows:
            print(json.dumps(row))
        return
    if to.suffix not in _WRITERS:
        raise DataError(f"{to} ends with none of {', '.join(_WRITERS)}")
    try:
        _WRITERS[to.suffix](rows, to)
    except OSError as error:
        raise DataError(f"{to} cannot be written: {error.strerror or error}") from error


def flat(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction as columns: `probabilities` becomes `probability.CLASS`."""
    plain = {name: value for name, value in prediction.items() if name != "probabilities"}
    scores = prediction.get("probabilities", {})
    return plain | {f"probability.{name}": value for name, value in scores.items()}


def _lines(rows: Sequence[Mapping[str, Any]], to: Path) -> None:
    to.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([flat(row) for row in rows])


_WRITERS: Mapping[str, Callable[[Sequence[Mapping[str, Any]], Path], None]] = {
    ".csv": lambda rows, to: csv.write_csv(_table(rows), to),
    ".parquet": lambda rows, to: pq.write_table(_table(rows), to),
    ".jsonl": _lines,
}
