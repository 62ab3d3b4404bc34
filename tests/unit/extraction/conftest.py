"""Sources for the tests: files, and clouds that run on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction

ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "gs": "STORAGE_EMULATOR_HOST"}


@pytest.fixture
def schema() -> Callable[..., TableSchema]:
    """A schema from `name=type` pairs."""

    def made(**types: str) -> TableSchema:
        columns = [{"name": name, "type": kind, "nullable": True} for name, kind in types.items()]
        return TableSchema.model_validate({"columns": columns})

    return made


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Extraction]:
    """An extraction of one table `t`: files by name, with their text, or with columns for Parquet."""

    def made(query: str | None = None, **files: Any) -> Extraction:
        folder = tmp_path / f"t{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            if isinstance(content, str):
                (folder / f"{name}.csv").write_text(content)
            else:
                pq.write_table(pa.table(content), folder / f"{name}.parquet")
        return Extraction(tables={"t": str(folder)}, query=query)

    return made


@pytest.fixture
def cloud(request) -> str:
    """An address of its own for a test, in the bucket `evergreen`."""
    name = ENDPOINTS[request.param]
    if not os.environ.get(name):
        pytest.skip(f"{name} names no endpoint, so there is no {request.param}:// to read from")
    return f"{request.param}://evergreen/{uuid4().hex}"
