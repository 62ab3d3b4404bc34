"""What a CSV file says about itself: its delimiter and its columns. Values stay text until a type is known."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.dataset as ds
from pyarrow import fs

from components.contracts.errors import SourceError

NULLS = ("", "NA", "N/A", "n/a", "null", "NULL", "NaN", "nan")
"""What stands for a missing value."""

_DELIMITERS = ",;\t|"
_MAX_HEADER = 1 << 20


def csv_format(delimiter: str) -> ds.CsvFileFormat:
    """How the files are read."""
    return ds.CsvFileFormat(
        parse_options=pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pcsv.ConvertOptions(null_values=list(NULLS), strings_can_be_null=True),
    )


def csv_schemas(system: fs.FileSystem, paths: Sequence[str]) -> tuple[dict[str, pa.Schema], str]:
    """The columns of each file, all of them text, and the delimiter that they share.

    A column without a name (an index that pandas wrote) is left out.

    Raises:
        SourceError: A file cannot be read or has no header, or two of its columns have one name.
    """
    lines = {path: _first_line(system, path) for path in paths}
    # A file of one column has none of them; a comma does no harm then.
    delimiter = max(_DELIMITERS, key=lambda sign: _outside_quotes(lines[paths[0]]).count(sign))
    return {path: _schema(line, delimiter, path) for path, line in lines.items()}, delimiter


def _schema(line: str, delimiter: str, path: str) -> pa.Schema:
    names = [name for name in next(csv.reader([line], delimiter=delimiter), []) if name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"{path} has more than one column named {', '.join(twice)}; rename them")
    if not names:
        raise SourceError(f"{path} is empty: its first line must name the columns")
    return pa.schema([(name, pa.string()) for name in names])


def _first_line(system: fs.FileSystem, path: str) -> str:
    try:
        with system.open_input_stream(path) as stream:  # unpacks .gz by its name
            head: bytes = stream.read(_MAX_HEADER)
        return head.partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path} is not UTF-8 text; convert it, as with `iconv -f latin1 -t utf-8`"
        ) from error


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
