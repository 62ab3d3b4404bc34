"""The use cases of this repository: found by name, read with their schema, changed by `--set`."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.contracts.errors import UseCaseError
from components.contracts.files import parse, read_yaml
from components.contracts.schema import TableSchema
from components.contracts.usecase import UseCase
from components.stores import objects

FOLDER = Path(__file__).parent / "usecases"


@dataclass(frozen=True)
class Entry:
    """A use case with its files."""

    case: UseCase
    schema: TableSchema
    path: Path

    def arguments(self) -> dict[str, Any]:
        """The arguments of the training pipeline that the use case decides."""
        schema = self.schema.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return {**self.case.arguments(), "schema": schema}


def names() -> list[str]:
    """The use cases that ship in the folder."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith(".schema"))


def locate(name: str) -> Path:
    """The file of a use case: by its name, or by the path of its file.

    Raises:
        UseCaseError: There is none.
    """
    for path in (Path(name), FOLDER / f"{name}.yaml"):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            return path
    raise UseCaseError(
        f"there is no use case {name!r}; there are {', '.join(names())}. "
        f"`evergreen usecase init {name if name.isidentifier() else 'NAME'} --data FILE` drafts a new one"
    )


def schema_path(path: Path) -> Path:
    """The schema's file, beside the use case's."""
    return path.with_suffix(f".schema{path.suffix}")


def load(name: str, changes: Sequence[str] = ()) -> Entry:
    """A use case and its schema, checked against each other.

    Args:
        name: Its name, or the path of its file.
        changes: `section.key=value` each; the value is YAML.

    Raises:
        UseCaseError: There is none, or something in it is wrong.
    """
    path = locate(name)
    case = parse(UseCase, changed(read_yaml(path), changes), where=str(path))
    beside = schema_path(path)
    if not beside.exists():
        raise UseCaseError(f"{beside} is missing; `evergreen schema infer {name}` writes it from the data")
    schema = TableSchema.load(beside)
    case.check(schema)
    return Entry(case, schema, path)


def changed(values: Any, changes: Sequence[str]) -> Any:
    """The content of a use-case file with some of its values replaced.

    Raises:
        UseCaseError: A change is not of the form `section.key=value`.
    """
    for change in changes:
        place, equals, text = change.partition("=")
        keys = place.strip().split(".")
        if not equals or not all(keys) or not isinstance(values, dict):
            raise UseCaseError(
                f"--set {change!r} is not of the form section.key=value, as in training.seed=7"
            )
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UseCaseError(f"--set {change!r}: the value is not YAML") from error
        values = _replaced(values, keys, value)
    return values


def _replaced(values: Any, keys: list[str], value: Any) -> Any:
    if not keys:
        return value
    inner = values if isinstance(values, dict) else {}
    return {**inner, keys[0]: _replaced(inner.get(keys[0]), keys[1:], value)}


def bring_data(path: Path, data: str) -> bool:
    """Bring the rows of a use case that carries its own: a module of its name with `bring(folder)`.

    Args:
        path: The use-case file.
        data: Where relative table addresses point.

    Returns:
        Whether there is such a module.

    Raises:
        StoreError: The rows belong into a cloud, and it cannot be written.
    """
    module = path.with_suffix(".py")
    if not module.exists():
        return False
    if objects.is_local(data):
        _bring(module, Path(data))
        return True
    tables = UseCase.load(path).extraction.tables.values()
    if not all(objects.exists(f"{data.rstrip('/')}/{table}") for table in tables if "://" not in table):
        with tempfile.TemporaryDirectory() as folder:
            _bring(module, Path(folder))
            for name in objects.names(folder):
                objects.write_bytes(f"{data.rstrip('/')}/{name}", (Path(folder) / name).read_bytes())
    return True


def _bring(module: Path, folder: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"usecase_{module.stem}", module)
    if spec is None or spec.loader is None:
        raise UseCaseError(f"{module} cannot be loaded")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    loaded.bring(folder)
