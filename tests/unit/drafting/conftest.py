"""Small tables, and what is drafted for them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from components.contracts.usecase import UseCase
from pipelines.drafting import Draft, draft
from pipelines.drafting.facade import draft_of
from pipelines.drafting.rows import Rows

ROWS = 400
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=ROWS)
OTHER = RANDOM.normal(size=ROWS)
COIN = RANDOM.integers(0, 2, ROWS)
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def days(start: str = "2023-01-01") -> pd.DatetimeIndex:
    """One day per row."""
    return pd.date_range(start, periods=ROWS)


def frame(**columns: Any) -> pd.DataFrame:
    """Some noise, and the columns of interest."""
    return pd.DataFrame({"noise": NOISE, **columns})


@pytest.fixture
def look():
    """Draft a use case for a data frame, without the way by a file."""

    def look(rows: pd.DataFrame, label: str | None = None) -> tuple[UseCase, Draft]:
        table = pa.Table.from_pandas(rows, preserve_index=False)
        with duckdb.connect() as connection:
            connection.register(
                "frame", table.cast(pa.schema([(one.name, _plain(one.type)) for one in table.schema]))
            )
            connection.execute("CREATE TABLE raw AS FROM frame")
            drafted = draft_of(Rows(connection), "shop", "rows.parquet", label, NOW)
        return UseCase.model_validate(yaml.safe_load(drafted.usecase_yaml)), drafted

    return look


def _plain(kind: pa.DataType) -> pa.DataType:
    """The types that rows have when they are extracted."""
    if pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_null(kind):
        return pa.string()
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


@pytest.fixture
def look_at_file(tmp_path: Path):
    """Draft a use case for a data frame, as somebody would who has it as a file."""

    def look_at_file(rows: pd.DataFrame, suffix: str = "parquet") -> tuple[UseCase, Draft]:
        path = tmp_path / "data" / f"rows.{suffix}"
        path.parent.mkdir(exist_ok=True)
        rows.to_parquet(path, index=False) if suffix == "parquet" else rows.to_csv(path, index=False)
        drafted = draft("shop", path, root=str(tmp_path / "data"), now=NOW)
        return UseCase.model_validate(yaml.safe_load(drafted.usecase_yaml)), drafted

    return look_at_file
