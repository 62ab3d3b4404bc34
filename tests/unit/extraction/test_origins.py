import duckdb
import pytest

from components.contracts.errors import SourceError, StoreError
from components.extraction.origins import Origin

ORIGIN = Origin("sales.parquet")


def fail_with(error):
    with ORIGIN.reading():
        raise error


def test_a_librarys_error_is_told_without_its_traceback():
    with pytest.raises(SourceError, match=r"sales\.parquet cannot be read: no such table") as told:
        fail_with(duckdb.CatalogException("no such table"))

    assert told.value.__suppress_context__


def test_a_mistake_in_the_code_keeps_its_traceback():
    with pytest.raises(KeyError):
        fail_with(KeyError("column"))


def test_too_little_memory_says_what_to_do():
    with pytest.raises(SourceError, match=r"cannot be joined or sorted in the memory .*; read fewer columns"):
        fail_with(duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block"))


def test_a_full_disk_for_temporary_files_says_so():
    with pytest.raises(StoreError, match="the disk for temporary files is full; set TMPDIR"):
        fail_with(duckdb.IOException("Could not write: No space left on device"))
