"""Data sets that DuckDB reads in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

BATCH_ROWS = 16_384
PARQUET_FORMAT = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
)


class LeanDataset(ds.FileSystemDataset):  # type: ignore[misc]
    """A data set that is scanned one row group after the other.

    pyarrow's own scan reads ahead of whoever takes the rows, up to a gigabyte; this one holds a row group.
    """

    @classmethod
    def of(cls, path: Path) -> LeanDataset:
        """A Parquet file on this machine."""
        whole = ds.dataset(path, format=PARQUET_FORMAT)
        return cls(list(whole.get_fragments()), whole.schema, whole.format, whole.filesystem)

    def scanner(self, columns: list[str] | None = None, filter: ds.Expression | None = None) -> Scan:
        """What DuckDB asks for: some columns of the rows that a filter keeps."""
        return Scan(self, columns, filter)


@dataclass(frozen=True)
class Scan:
    """A scan that is yet to be started."""

    dataset: LeanDataset
    columns: list[str] | None
    filter: ds.Expression | None

    def to_reader(self) -> pa.RecordBatchReader:
        """Start it."""
        schema = self.dataset.schema
        names = schema.names if self.columns is None else self.columns
        return pa.RecordBatchReader.from_batches(
            pa.schema([schema.field(name) for name in names]), self._batches(names)
        )

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        options: dict[str, Any] = {"batch_size": BATCH_ROWS, "batch_readahead": 1, "fragment_readahead": 1}
        for part in self._parts():
            yield from ds.Scanner.from_fragment(
                part, schema=self.dataset.schema, columns=names, filter=self.filter, **options
            ).to_batches()

    def _parts(self) -> Iterator[ds.Fragment]:
        """Files, or row groups where a file has them; those whose statistics say that no row is kept are left out."""
        for fragment in self.dataset.get_fragments(self.filter):
            if isinstance(fragment, ds.ParquetFileFragment):
                yield from fragment.split_by_row_group(self.filter, self.dataset.schema)
            else:
                yield fragment
