"""Where rows come from, as it is told to the user when they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from components.contracts.errors import SourceError, StoreError
from components.extraction.files import Files
from components.stores.databases import redacted

_LIBRARIES = {"duckdb", "_duckdb", "ibis", "pyarrow", "sqlglot", "psycopg", "google", "pyspark", "py4j"}
_FULL_DISK = ("No space left", "max_temp_directory_size")


@dataclass(frozen=True)
class Origin:
    """A source by the names that its user knows."""

    name: str
    address: str = ""
    """Of a database, as in the use case."""
    files: Mapping[str, Files] = field(default_factory=dict)
    """Table to its files, where it is no database."""

    @property
    def is_text(self) -> bool:
        """Whether values were text that has no types of its own."""
        return any(files.is_text for files in self.files.values())

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Tell what goes wrong while rows are read.

        Raises:
            SourceError: In place of the errors of the libraries that read.
            StoreError: The disk has no space for what does not fit into memory.
        """
        try:
            yield
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in _LIBRARIES:
                raise  # a mistake in this code
            if any(words in str(error) for words in _FULL_DISK):
                raise StoreError(
                    f"the disk for temporary files is full; set TMPDIR to a larger one ({error})"
                ) from error
            if "Out of Memory" in str(error):
                raise SourceError(
                    f"{self.name}: its rows cannot be joined or sorted in the memory that is set aside; "
                    "read fewer columns, by extraction.query or the schema, or name table.key"
                ) from None
            raise SourceError(self._told(error)) from None

    def lacking(self, column: str) -> str | None:
        """A file that lacks a column which others have."""
        return next((files.partial[column] for files in self.files.values() if column in files.partial), None)

    def holding(self, column: str, value: str) -> str:
        """The file in which a text column has a value, as the end of a sentence."""
        places = (files.holding(column, value) for files in self.files.values() if files.is_text)
        return next((f" in {place}" for place in places if place), "")

    def _told(self, error: Exception) -> str:
        broken = next((why for files in self.files.values() if (why := files.unreadable())), None)
        if broken:
            return broken
        said = redacted(str(error), self.address)
        partial = {column: file for files in self.files.values() for column, file in files.partial.items()}
        lacking = [
            f"; {file} has no column {column!r}, which other files have"
            for column, file in partial.items()
            if f'"{column}"' in said
        ]
        return f"{self.name} cannot be read: {said}{''.join(lacking)}"
