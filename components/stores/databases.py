"""Databases behind one interface (Ibis's): DuckDB in this process, or one at an address with secrets in it.

Secrets come from the environment, as the credentials of `objects` do, and are never told.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4, uuid5

import ibis

from components.contracts.errors import SourceError

MEMORY_MB = 512
"""What DuckDB holds before it writes to disk; the process needs some 400 MB more."""
_MEMORY_MB_PER_COLUMN = 5

_HERE = uuid4()
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_USER = re.compile(r"^(\w[\w+.-]*://)(.*)@(.*)$", re.DOTALL)


def engine(database: str | Path = ":memory:", read_only: bool = False) -> Any:
    """A DuckDB engine with bounded memory, in which a timestamp without a zone is UTC."""
    connection = ibis.duckdb.connect(
        database,
        read_only=read_only,
        memory_limit=f"{MEMORY_MB}MB",
        # Made when needed and removed when the engine is closed. No two engines may share one, but all that this
        # process opens on one file are one engine.
        temp_directory=str(Path(tempfile.gettempdir()) / f"evergreen-{_name_of(database)}"),
        preserve_insertion_order=False,
    )
    connection.raw_sql("SET TimeZone = 'UTC'")
    return connection


def make_room(backend: Any, columns: int) -> None:
    """Let DuckDB hold more where rows are wide: a sort keeps some thousands of whole rows in memory."""
    if backend.name == "duckdb":
        backend.raw_sql(f"SET memory_limit = '{max(MEMORY_MB, _MEMORY_MB_PER_COLUMN * columns)}MB'")


def connect(address: str, data: str) -> Any:
    """A database at an Ibis address.

    Args:
        address: As in the use case, with `${NAME}` for what is taken from the environment.
        data: What the path of a DuckDB file is relative to.

    Raises:
        SourceError: A name has no value, or the database cannot be reached.
    """
    full = expand(address, os.environ)
    try:
        if full.startswith("duckdb://"):
            return engine(_duckdb_file(full, address, data), read_only=True)
        return ibis.connect(full)
    except SourceError:
        raise
    except Exception as error:  # a driver can fail in any way
        said = redacted(str(error), address)
        raise SourceError(f"the database at {shown(address)} cannot be opened: {said}") from None


def expand(address: str, environment: Mapping[str, str]) -> str:
    """An address with the values of its `${NAME}`; those of user and password are quoted for a URL.

    Raises:
        SourceError: With every name that has no value.
    """
    missing = sorted(set(_VARIABLE.findall(address)) - set(environment))
    if missing:
        raise SourceError(
            f"extraction.connection needs {', '.join(missing)} from the environment; set it for the steps"
        )

    def filled(text: str, safe: str) -> str:
        return _VARIABLE.sub(lambda match: quote(environment[match[1]], safe=safe), text)

    parts = _USER.match(address)
    everything = "".join(map(chr, range(128)))
    if parts is None:
        return filled(address, everything)
    return parts[1] + filled(parts[2], "") + "@" + filled(parts[3], everything)


def redacted(text: str, address: str) -> str:
    """A driver's message without what must not be told of an address."""
    return redact(text, address, os.environ)


def redact(text: str, address: str, environment: Mapping[str, str]) -> str:
    """A driver's message without the values that the address has from the environment, nor a password in it."""
    for name in _VARIABLE.findall(address):
        value = environment.get(name, "")
        for secret in {value, quote(value, safe="")} - {""}:
            text = text.replace(secret, f"${{{name}}}")
    password = _password(address)
    return text.replace(password, "***") if password else text.strip()


def shown(address: str) -> str:
    """An address as it may be told."""
    password = _password(address)
    return address.replace(f":{password}@", ":***@") if password else address


def _password(address: str) -> str:
    parts = _USER.match(address)
    password = parts[2].partition(":")[2] if parts else ""
    return "" if _VARIABLE.fullmatch(password) else password


def _name_of(database: str | Path) -> str:
    return uuid4().hex if database == ":memory:" else uuid5(_HERE, str(database)).hex


def _duckdb_file(full: str, address: str, data: str) -> Path:
    path = Path(data) / full.removeprefix("duckdb://")  # an absolute path stays what it is
    if not path.is_file():
        raise SourceError(f"{address}: there is no file {path}; check extraction.connection")
    return path
