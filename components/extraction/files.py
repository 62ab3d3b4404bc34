"""Parquet and CSV files, alone or in folders, as data sets that are read while they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from components.contracts.errors import SourceError, StoreError
from components.extraction.headers import csv_format, csv_schemas
from components.extraction.lean import PARQUET_FORMAT, LeanDataset
from components.extraction.unity import united
from components.stores.objects import locate

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".tsv", ".txt")
COMPRESSED = (".gz", ".bz2", ".zst")


@dataclass(frozen=True)
class Files:
    """The files of a table."""

    address: str
    dataset: LeanDataset
    is_text: bool
    """Whether every column is text still, as in CSV."""
    partial: dict[str, str] = field(default_factory=dict)
    """Columns that some files lack, with one such file; they are not in the data set."""

    def unreadable(self) -> str | None:
        """The first file that cannot be read to its end, and why. Reads everything: only to explain an error."""
        for fragment in self.dataset.get_fragments():
            try:
                for _ in fragment.to_batches(schema=self.dataset.schema):
                    pass
            except (pa.ArrowException, OSError) as error:
                return f"{fragment.path} cannot be read: {error}"
        return None

    def holding(self, column: str, value: Any) -> str | None:
        """The first file in which a column has a value. Only to explain an error."""
        if column not in self.dataset.schema.names:
            return None
        try:
            matching = ds.field(column) == value
            scanner = ds.FileSystemDataset.scanner(self.dataset, columns=["__filename"], filter=matching)
            found = scanner.head(1).to_pylist()
        except (pa.ArrowException, OSError):
            return None
        return str(found[0]["__filename"]) if found else None


def open_files(address: str, data: str) -> Files:
    """The files of a table.

    Args:
        address: A file or a folder, as in the use case.
        data: What relative addresses are relative to.

    Raises:
        SourceError: There is nothing, a file cannot be read, or the files disagree about a column's type.
    """
    place = address if "://" in address or Path(address).is_absolute() else f"{data.rstrip('/')}/{address}"
    try:
        system, root = locate(place)
        found = list(_files(system, root))
    except (OSError, StoreError) as error:
        raise SourceError(f"{place} cannot be read: {error}") from error
    if not found:
        raise SourceError(
            f"{place} is not there, or holds no file that ends in {', '.join((*PARQUET, *CSV))}; "
            "check extraction.tables and EVERGREEN_DATA"
        )
    kinds = {path: _kind(path) for path in found}
    if len(set(kinds.values())) > 1:
        raise SourceError(f"{place} holds both Parquet and CSV files; keep one kind in a folder")
    return _opened(place, system, root, found, is_text=kinds[found[0]] == "csv")


def _files(system: fs.FileSystem, root: str) -> Iterator[str]:
    info = system.get_file_info(root)
    below = fs.FileSelector(root, recursive=True, allow_not_found=True)
    found = [info] if info.type == fs.FileType.File else system.get_file_info(below)
    for path in sorted(item.path for item in found if item.type == fs.FileType.File):
        inside = Path(path).relative_to(root).parts or (Path(path).name,)
        # Spark and others mark what is not data, or not finished, by a dot or an underscore.
        if _kind(path) and not any(part.startswith((".", "_")) for part in inside):
            yield path


def _kind(path: str) -> str | None:
    name = path.lower()
    for suffix in COMPRESSED:
        name = name.removesuffix(suffix) if name.endswith(tuple(f"{kind}{suffix}" for kind in CSV)) else name
    return "parquet" if name.endswith(PARQUET) else "csv" if name.endswith(CSV) else None


def _opened(place: str, system: fs.FileSystem, root: str, paths: Sequence[str], is_text: bool) -> Files:
    if is_text:
        schemas, delimiter = csv_schemas(system, paths)
        form: ds.FileFormat = csv_format(delimiter)
    else:
        form = PARQUET_FORMAT
        schemas = {path: _parquet_schema(system, path) for path in paths}
    schema, partial = united(schemas)
    base = root if len(paths) > 1 or paths[0] != root else str(Path(root).parent)
    discovery = ds.HivePartitioning.discover(infer_dictionary=False)
    try:
        found = ds.dataset(
            list(paths), filesystem=system, format=form, partitioning=discovery, partition_base_dir=base
        )
    except (pa.ArrowException, OSError) as error:  # it looks at the first file
        raise SourceError(f"{paths[0]} cannot be read: {error}") from error
    for name in found.schema.names:  # folders such as month=3 are columns too
        if name not in schema.names and not any(name in each.names for each in schemas.values()):
            schema = schema.append(found.schema.field(name)) if name else schema
    dataset = LeanDataset(list(found.get_fragments()), schema, form, system)
    return Files(place, dataset, is_text, partial)


def _parquet_schema(system: fs.FileSystem, path: str) -> pa.Schema:
    try:
        return PARQUET_FORMAT.make_fragment(path, system).physical_schema
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} is not a Parquet file, or is cut off: {error}") from error
