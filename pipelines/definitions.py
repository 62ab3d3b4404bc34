"""The feature store's definitions: brought to the registry when they changed, and held against the use cases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock

from components.contracts.features import ViewSummary
from components.contracts.model import ModelManifest
from components.contracts.schema import TableSchema
from components.contracts.usecase import UseCase
from components.settings import Settings
from components.stores.features import Features

PRIVACY = "privacy"
"""The tag that every view has: how private its values are."""


def bring(case: UseCase, settings: Settings) -> bool:
    """Apply the definitions, where a use case names features and they changed since this machine last applied them.

    Feast takes seconds to import, so unchanged definitions are told by their digest alone.

    Returns:
        Whether they were applied.

    Raises:
        UseCaseError: A definition is wrong.
        StoreError: The registry cannot be written.
    """
    if not case.extraction.features:
        return False
    features = Features(settings)
    applied = settings.home / "features" / "applied"
    applied.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(applied.with_suffix(".lock"), timeout=300):
        digest = digest_of(features.folder)
        if applied.exists() and applied.read_text(encoding="utf-8") == digest:
            return False
        features.apply()
        applied.write_text(digest, encoding="utf-8")
    return True


def digest_of(folder: Path) -> str:
    """Digest of a repository folder's files and of the schemas beside it, which the definitions take their types from."""
    digest = hashlib.sha256(str(folder).encode())
    for path in sorted([*folder.rglob("*.py"), *folder.glob("*.yaml"), *folder.parent.glob("*.schema.yaml")]):
        digest.update(f"{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def misfits(case: UseCase, schema: TableSchema, views: Mapping[str, ViewSummary]) -> list[str]:
    """What of the views that a use case names does not fit its schema, one sentence each.

    Args:
        case: The use case.
        schema: What its rows must look like.
        views: Name to view, as defined.
    """
    problems: list[str] = []
    for lookup in case.extraction.features:
        if lookup.view not in views:
            problems.append(f"there is no view {lookup.view!r}; there are {', '.join(sorted(views))}")
            continue
        view = views[lookup.view]
        problems += _described(view)
        if not view.is_online:
            problems.append(f"view {view.name} is not online, so nothing can be looked up at serving")
        problems += [
            f"view {view.name} has no feature {name!r}; it has {', '.join(view.columns)}"
            for name in lookup.columns
            if name not in view.columns
        ]
        problems += _typed(view, schema, tuple(view.keys), "key")
        problems += _typed(view, schema, tuple(set(lookup.columns) & set(view.columns)), "feature")
        problems += _known_at_serving(view, schema)
    return problems


def broken(who: str, manifest: ModelManifest, views: Mapping[str, ViewSummary]) -> list[str]:
    """What a model that may serve looks up and the views, as they are defined now, do not give any more.

    Args:
        who: The model, for the sentences.
        manifest: The model's.
        views: Name to view, as defined.
    """
    inputs = {column.name: column.type for column in manifest.inputs}
    problems: list[str] = []
    for keyed in manifest.lookups:
        view = views.get(keyed.name)
        if view is None or not view.is_online:
            problems.append(f"{who} looks up {keyed.name}, and there is no such view online any more")
            continue
        if view.keys != keyed.keys:
            told = [_types(keys) for keys in (keyed.keys, view.keys)]
            problems.append(f"{who} looks up {view.name} by {told[0]}, and its keys are {told[1]} now")
        problems += [
            f"{who} takes {view.name}.{name}, a {inputs[name]}, and it is {view.columns.get(name, 'gone')} now"
            for name in keyed.columns
            if view.columns.get(name) != inputs[name]
        ]
    return problems


def _types(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in columns.items())


def source_misfits(view: ViewSummary, held: Mapping[str, str]) -> list[str]:
    """What a view promises and its source does not give, one sentence each.

    Args:
        view: The view.
        held: The source's columns, each with its type in Arrow.
    """
    promised = {**view.keys, **view.columns}
    return [
        f"view {view.name}: its source gives no column {name!r}"
        if name not in held
        else f"view {view.name}: column {name!r} is a {kind}, and its source gives {held[name]}"
        for name, kind in promised.items()
        if name not in held or not _fits(kind, held[name])
    ]


_ARROW = {
    "int64": ("int", "uint"),
    "float64": ("double", "float", "decimal", "int"),
    "string": ("string", "large_string"),
    "boolean": ("bool",),
    "timestamp": ("timestamp",),
}


def _fits(kind: str, arrow: str) -> bool:
    return arrow.startswith(_ARROW[kind])


def _described(view: ViewSummary) -> Iterator[str]:
    told = {
        "a description": view.description,
        "an owner": view.owner,
        f"a tag {PRIVACY!r}": view.tags.get(PRIVACY),
    }
    for what, value in told.items():
        if not value:
            yield f"view {view.name} has no {what.partition(' ')[2]}"


def _typed(view: ViewSummary, schema: TableSchema, names: tuple[str, ...], role: str) -> Iterator[str]:
    types = {**view.keys, **view.columns}
    for name in sorted(names):
        if name not in schema:
            yield f"view {view.name}: the schema has no column {name!r}, its {role}"
        elif schema.column(name).type != types[name]:
            yield f"view {view.name}: {role} {name!r} is a {types[name]}, and the schema says {schema.column(name).type}"


def _known_at_serving(view: ViewSummary, schema: TableSchema) -> Iterator[str]:
    for name in view.keys:
        if name in schema and "serving" not in schema.column(name).environments:
            yield f"view {view.name}: its key {name!r} does not exist at serving, so nothing can be looked up there"
