"""From rows to a model's inputs: the one way, in training and in serving.

This file is part of every model: a model that was made with another text of it is not loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from components.contracts.errors import DataError
from components.contracts.model import Input
from components.contracts.schema import ColumnType
from components.contracts.sections import Features

Encoding = Literal["trees", "linear"]

MISSING = "(missing)"
"""The category of a missing value."""

LARGEST = float(np.finfo(np.float32).max)
"""Numbers are cut here: forests compute in float32, and sums of larger ones would overflow in float64."""

LARGEST_SCALED = 1e6
"""In standard deviations: among n training rows none lies further from the mean than the square root of n."""

LARGEST_WHOLE = 2.0**53
"""Up to here every integer is a float."""

_INSTANT = pa.timestamp("us", "UTC")


def to_frame(
    rows: pa.Table | pd.DataFrame | Sequence[Mapping[str, Any]], inputs: Sequence[Input]
) -> pd.DataFrame:
    """The inputs of rows in canonical types, one column each, in the order of `inputs`.

    Numeric columns are float64 with NaN for what is missing (booleans are 0 and 1), categorical ones text, and
    calendar ones datetime64 in UTC. The same rows give the same bits, whatever holds them and however many they are.

    Raises:
        DataError: Columns are missing, or hold infinite numbers or another type; all of them are named.
    """
    columns: dict[str, Any] = {}
    problems = []
    for column in inputs:
        try:
            columns[column.name] = _CANONICAL[column.treatment](_values(rows, column.name), column.type)
        except (ValueError, TypeError, OverflowError) as error:  # Arrow's own errors are among them
            problems.append(f"{column.name!r} {error}")
    if problems:
        raise DataError("The rows do not fit the model's inputs; correct these columns:", problems)
    return pd.DataFrame(columns, columns=list(columns), index=pd.RangeIndex(len(rows)))


def _values(
    rows: pa.Table | pd.DataFrame | Sequence[Mapping[str, Any]], name: str
) -> pa.Array | pa.ChunkedArray:
    if isinstance(rows, pa.Table | pd.DataFrame):
        if name not in (rows.column_names if isinstance(rows, pa.Table) else rows.columns):
            raise ValueError("is missing")
        values = rows.column(name) if isinstance(rows, pa.Table) else _column(rows[name])
    else:
        absent = next((place for place, row in enumerate(rows) if name not in row), None)
        if absent is not None:
            raise ValueError(f"is missing (in row {absent})")
        values = pa.array([_in_utc(row[name]) for row in rows], from_pandas=True)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return pa.nulls(len(values)) if values.null_count == len(values) else values


def _column(values: pd.Series) -> pa.Array:
    return pa.array(values.map(_in_utc) if values.dtype == object else values, from_pandas=True)


def _in_utc(value: Any) -> Any:
    # Arrow forgets zones where PYARROW_IGNORE_TIMEZONE is set, as Pandera does for Spark's sake.
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else value


def _number(values: pa.Array, kind: ColumnType) -> Any:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if not _holds(values, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal):
        raise ValueError(f"holds {values.type}; it must be a number")
    # Not safe: an integer beyond 2^53 is rounded, as everywhere else that numbers are floats.
    numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise ValueError(f"is infinite in {infinite} of {len(numbers)} rows; leave such a value empty")
    # There are many NaNs, and the bits of one tell where it came from.
    return np.where(np.isnan(numbers), np.nan, np.clip(numbers, -LARGEST, LARGEST))


def _text(values: pa.Array, kind: ColumnType) -> Any:
    fitting = {
        "string": (pa.types.is_string, pa.types.is_large_string),
        "boolean": (pa.types.is_boolean,),
        "int64": (pa.types.is_integer, pa.types.is_floating),
    }
    if not _holds(values, *fitting[kind]):
        raise ValueError(f"holds {values.type}; it must be {kind}")
    if pa.types.is_floating(values.type):  # as pandas holds integers with gaps
        largest = pc.max(pc.abs(values)).as_py() or 0
        if largest > LARGEST_WHOLE:
            raise ValueError(f"holds {largest:.0f} as a float, which is no exact integer; give it as int64")
        values = values.cast(pa.int64())
    return pc.fill_null(values.cast(pa.string()), MISSING).to_pandas().astype(object)


def _instant(values: pa.Array, kind: ColumnType) -> Any:
    if pa.types.is_string(values.type):
        return pd.to_datetime(values.to_pandas(), utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    if not _holds(values, pa.types.is_timestamp, pa.types.is_date):
        raise ValueError(f"holds {values.type}; it must be a {kind}")
    return (
        values.cast(pa.timestamp("us", getattr(values.type, "tz", None)), safe=False)
        .cast(_INSTANT)
        .to_pandas()
    )


def _holds(values: pa.Array, *kinds: Callable[[pa.DataType], bool]) -> bool:
    return any(is_kind(values.type) for is_kind in (pa.types.is_null, *kinds))


_CANONICAL: dict[str, Callable[[pa.Array, ColumnType], Any]] = {
    "numeric": _number,
    "categorical": _text,
    "calendar": _instant,
}


class Calendar(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Month (1–12), weekday (Monday is 0) and hour of instants in UTC, as floats; NaN where there is none."""

    PARTS = ("month", "weekday", "hour")

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn the columns' names."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Instants (n, c) to numbers (n, 3 c)."""
        parts = [getattr(X[name].dt, part) for name in X.columns for part in self.PARTS]
        return np.column_stack([part.to_numpy(dtype=np.float64, na_value=np.nan) for part in parts])

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        """Names (3 c,) such as `departure_month`."""
        names = self.feature_names_in_ if input_features is None else input_features
        return np.asarray([f"{name}_{part}" for name in names for part in self.PARTS], dtype=object)


def build(features: Features, inputs: Sequence[Input], encoding: Encoding) -> ColumnTransformer:
    """The unfitted transformer of `to_frame`'s result into numbers (n, m), as an algorithm reads them best."""
    transformers = _for_trees(features) if encoding == "trees" else _for_linear(features)
    columns = {kind: [column.name for column in inputs if column.treatment == kind] for kind in transformers}
    return ColumnTransformer([(kind, transformers[kind], names) for kind, names in columns.items() if names])


def _for_trees(features: Features) -> dict[str, Any]:
    return {
        "numeric": "passthrough",
        "categorical": OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=features.min_frequency
        ),
        "calendar": Calendar(),
    }


def _for_linear(features: Features) -> dict[str, Any]:
    return {
        "numeric": make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
            FunctionTransformer(
                np.clip,
                feature_names_out="one-to-one",
                kw_args={"a_min": -LARGEST_SCALED, "a_max": LARGEST_SCALED},
            ),
        ),
        "categorical": OneHotEncoder(
            handle_unknown="infrequent_if_exist", min_frequency=features.min_frequency
        ),
        "calendar": make_pipeline(Calendar(), OneHotEncoder(handle_unknown="ignore")),
    }
