"""The rows a run trained on: immutable Parquet, named by the digest of its content.

A snapshot is `<store>/snapshots/<digest>/rows.parquet`. It gets that name when it is complete, so what can be found
can be read.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from components.contracts.errors import StoreError
from components.stores import objects
from components.stores.content import Digest, canonical_chunks, canonical_schema, chunk_rows
from components.stores.failures import explained

ROWS = "rows.parquet"

_DIGEST = "evergreen.digest"
_COUNT = "evergreen.rows"


@dataclass(frozen=True)
class Snapshot:
    """Where rows are kept, and how many."""

    uri: str
    digest: str
    rows: int
    columns: int


def write(reader: pa.RecordBatchReader, store: str) -> Snapshot:
    """Keep rows. Memory does not grow with them.

    Args:
        reader: Rows and columns in canonical order; the digest is of them in the order they come.
        store: Address of the store.

    Raises:
        StoreError: The store cannot be written.
    """
    folder = f"{store}/snapshots"
    if objects.is_local(store):
        # Beside its place, to be moved there at once.
        staged = objects.staging(f"{folder}/rows")
        try:
            with explained(folder, "written"):
                staged.mkdir(parents=True)
            return _kept(reader, staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    with TemporaryDirectory(prefix="evergreen-") as scratch:
        return _kept(reader, Path(scratch), folder)


def open_snapshot(uri: str) -> ds.Dataset:
    """A snapshot, to be read in parts.

    Raises:
        StoreError: It is not there, cannot be read, or is not what its name says.
    """
    system, path = objects.locate(f"{uri}/{ROWS}")
    with explained(uri, "read"):
        try:
            dataset = ds.dataset(path, filesystem=system, format="parquet")
            held = next(dataset.get_fragments()).metadata.metadata or {}
        except pa.ArrowInvalid as error:
            raise StoreError(f"{uri} is damaged: {error}; remove it and run again") from error
    digest = held.get(_DIGEST.encode(), b"").decode()
    if digest != uri.rstrip("/").rpartition("/")[2]:
        raise StoreError(
            f"{uri} holds the rows of another snapshot ({digest or 'none'}); remove it and run again"
        )
    return dataset


def read(uri: str, columns: list[str] | None = None) -> pa.Table:
    """The rows of a snapshot, or some of its columns, in memory.

    Raises:
        StoreError: It is not there, cannot be read, or is not what its name says.
    """
    dataset = open_snapshot(uri)
    with explained(uri, "read"):
        return dataset.to_table(columns=columns)


def local_parquet(uri: str) -> str | None:
    """Path of the Parquet file when it is on this machine."""
    return objects.locate(f"{uri}/{ROWS}")[1] if objects.is_local(uri) else None


def local_copy(uri: str, folder: Path) -> str:
    """Path of the Parquet file on this machine; copied into a folder first when it is kept elsewhere.

    Raises:
        StoreError: It is not there, cannot be read, or is not what its name says.
    """
    open_snapshot(uri)
    path = local_parquet(uri)
    if path is None:
        objects.fetch(uri, folder)
        path = str(folder / ROWS)
    return path


def _kept(reader: pa.RecordBatchReader, staged: Path, folder: str) -> Snapshot:
    digest, rows = _write_file(reader, staged / ROWS, folder)
    uri = f"{folder}/{digest}"
    if not _is_sound(uri):
        _put(staged, uri)
    return Snapshot(uri, digest, rows, len(reader.schema))


def _write_file(reader: pa.RecordBatchReader, path: Path, folder: str) -> tuple[str, int]:
    schema = canonical_schema(reader.schema)
    digest, rows = Digest(schema), 0
    chunks = canonical_chunks(reader, schema)
    with explained(folder, "written"), pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in chunks:
            digest.update(chunk)
            writer.write_table(chunk)
            rows += chunk.num_rows
        writer.add_key_value_metadata({_DIGEST: digest.hexdigest(), _COUNT: str(rows)})
    return digest.hexdigest(), rows


def _is_sound(uri: str) -> bool:
    """Whether the rows that are kept there are still those of its name: disks rot, and hands slip."""
    try:
        open_snapshot(uri)
        return _digest_of(uri) == uri.rpartition("/")[2]
    except (StoreError, OSError, pa.ArrowException):
        return False


def _digest_of(uri: str) -> str:
    system, path = objects.locate(f"{uri}/{ROWS}")
    with pq.ParquetFile(path, filesystem=system, pre_buffer=False) as file:
        schema = file.schema_arrow.remove_metadata()
        digest = Digest(schema)
        for chunk in canonical_chunks(file.iter_batches(chunk_rows(len(schema))), schema):
            digest.update(chunk)
    return digest.hexdigest()


def _put(staged: Path, uri: str) -> None:
    if not objects.is_local(uri):
        objects.upload(staged, uri, last=ROWS)
        return
    if objects.exists(uri):
        objects.discard(uri)  # damaged
    objects.move(staged, uri, last=ROWS)
