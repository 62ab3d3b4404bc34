"""A use case and its schema, drafted by looking at the data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from components.contracts.errors import SourceError, UseCaseError
from components.contracts.files import parse
from components.contracts.schema import TableSchema
from components.contracts.sections import Extraction
from components.contracts.usecase import UseCase
from components.settings import Settings
from pipelines import reference
from pipelines.drafting.decide import Decisions, decide
from pipelines.drafting.page import usecase_text
from pipelines.drafting.rows import Rows, opened
from pipelines.drafting.schemas import schema_of
from pipelines.drafting.text import schema_text


@dataclass(frozen=True)
class Draft:
    """A use-case file, the schema beside it, and what to look at first."""

    usecase_yaml: str
    schema: TableSchema
    notes: tuple[str, ...]


def draft(
    name: str,
    data: Path | str,
    label: str | None = None,
    *,
    root: str | None = None,
    now: datetime | None = None,
    folder: Path | None = None,
) -> Draft:
    """Look at a file or folder of Parquet or CSV and draft a use case for it.

    Args:
        name: What the use case is to be called.
        data: The file or folder, or a gs:// or s3:// address.
        label: The column to predict; guessed when absent.
        root: What relative addresses of a use case are relative to; EVERGREEN_DATA when absent.
        now: The present; tells whether the rows are a record.
        folder: Where the files will go; a name that is taken there is refused before the rows are read.

    Raises:
        UseCaseError: The name is bad or taken, or the rows have no label or nothing to predict it from.
        SourceError: The data cannot be read.
    """
    require_free(name, folder)
    root = root or Settings().data
    address = address_of(data, root)
    table = table_of(name)
    with opened(Extraction(tables={table: address}), root) as rows:
        return draft_of(rows, name, address, label, now or datetime.now(UTC))


def draft_of(rows: Rows, name: str, address: str, label: str | None, now: datetime) -> Draft:
    """The draft of a use case for rows that are at an address.

    Raises:
        UseCaseError: The rows have no label or nothing to predict it from.
    """
    decided = decide(rows, label)
    text = usecase_text(name, table_of(name), address, decided, now)
    schema = schema_of(
        decided.profile, decided.roles.table, {name: decided.left[name] for name in decided.leaking}
    )
    case = parse(UseCase, yaml.safe_load(text), where=f"the draft of {name}")
    case.check(schema)
    return Draft(text, schema, tuple(notes(decided)))


def table_of(name: str) -> str:
    """The name of a use case's table in SQL."""
    return name.replace("-", "_")


def save(drafted: Draft, name: str, folder: Path) -> tuple[Path, Path]:
    """Write a draft's two files, and beside them what an editor needs to check them.

    Returns:
        The use-case file and the schema file.

    Raises:
        UseCaseError: The name is taken.
    """
    require_free(name, folder)
    folder.mkdir(parents=True, exist_ok=True)
    case, schema = folder / f"{name}.yaml", folder / f"{name}.schema.yaml"
    for file, model in (("usecase.schema.json", UseCase), ("table.schema.json", TableSchema)):
        if not (folder / file).exists():
            (folder / file).write_text(reference.schema_text(model), encoding="utf-8")
    schema.write_text(schema_text(drafted.schema), encoding="utf-8")
    case.write_text(drafted.usecase_yaml, encoding="utf-8")
    return case, schema


def require_free(name: str, folder: Path | None) -> None:
    """Refuse a name that cannot be a use case's, or is one's already.

    Raises:
        UseCaseError: With a name that would do.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,50}", name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").lstrip("0123456789-")[:50]
        hint = f", such as {near!r}" if near else ""
        raise UseCaseError(
            f"{name!r} cannot be a use case's name; take lower-case letters, digits and dashes{hint}"
        )
    for suffix in (".yaml", ".schema.yaml"):
        path = (folder or Path()) / f"{name}{suffix}"
        if folder is not None and path.exists():
            raise UseCaseError(f"{path} exists; choose another name, or remove it first")


def address_of(data: Path | str, root: str) -> str:
    """The data's address in a use case: relative to `root` where it lies beneath it.

    Raises:
        SourceError: There is no such file or folder.
    """
    text = str(data)
    if "://" in text:
        return text
    base = Path(root).resolve()
    path = next((one for one in (Path(text).expanduser(), base / text) if one.exists()), None)
    if path is None:
        raise SourceError(f"{text}: there is no such file or folder; --data takes one of Parquet or CSV")
    path = path.resolve()
    return str(path.relative_to(base)) if path.is_relative_to(base) and path != base else str(path)


def notes(decided: Decisions) -> list[str]:
    """What to look at first, a line each."""
    roles, table = decided.roles, decided.roles.table
    positive = "" if table.positive is None else f", positive is {table.positive!r}"
    said = [f"label: {table.label!r} ({roles.label.reason}); {table.task}{positive}"]
    if roles.label.others:
        said[0] += f"; could also be {', '.join(map(repr, roles.label.others))}"
    if table.event_time:
        said.append(f"event time: {table.event_time!r}; rows are held out by time")
    else:
        said.append("no event time was found: every run reads all rows, and rows are held out at random")
    if table.key:
        said.append(f"key: {', '.join(map(repr, table.key))}")
    said.append(f"features: {len(decided.features.names())}; left out: {len(decided.left)}")
    said += [
        f"left out {name!r}: {reason}" for name, reason in decided.left.items() if name in decided.leaking
    ]
    if decided.query.copies:
        said.append(f"left out {decided.query.copies} rows that are exact copies of others, in the query")
    said += [
        f"converted {one.column!r}: {one.reason}; {'by its type in the schema' if one.by_type else 'in the query'}"
        for one in decided.query.conversions
    ]
    return [*said, *decided.notes]
