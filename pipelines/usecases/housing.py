"""The rows of the use case `housing`: house sales in Texas by city and month, from the PyPI package plotnine."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from components.contracts.errors import SourceError
from components.stores.objects import write_bytes


def bring(folder: Path) -> None:
    """Write `housing.parquet`, unless it is there.

    Args:
        folder: Where to.

    Raises:
        SourceError: The package is not installed.
    """
    path = folder / "housing.parquet"
    if path.exists():
        return
    # Importing the package would import all that it plots with.
    found = util.find_spec("plotnine")
    if found is None or found.origin is None:
        raise SourceError(
            "the package plotnine is not installed; install the project with its extra `examples`"
        )
    nulls = csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)
    rows = csv.read_csv(Path(found.origin).parent / "data" / "txhousing.csv", convert_options=nulls)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd")
    write_bytes(str(path), sink.getvalue().to_pybytes())
