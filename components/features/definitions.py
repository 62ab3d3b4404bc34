"""The definitions in a Feast repository folder: read, and brought to the registry."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from pathlib import Path
from typing import Any

from feast import Entity, FeatureService, FeatureStore, FeatureView, Project
from feast.data_source import DataSource
from feast.feature_view import DUMMY_ENTITY
from feast.repo_contents import RepoContents
from feast.repo_operations import apply_total_with_repo_instance, get_repo_files

from components.contracts.errors import EvergreenError, UseCaseError


def read(folder: Path, project: str) -> RepoContents:
    """What the Python files of a repository define, as `feast apply` reads it, but from any working directory.

    Raises:
        UseCaseError: A file fails when it is imported.
    """
    found: dict[Any, dict[str, Any]] = {
        kind: {} for kind in (DataSource, Entity, FeatureView, FeatureService)
    }
    for path in get_repo_files(folder):
        values: list[Any] = list(vars(_imported(path)).values())
        for kind, held in found.items():
            held |= {value.name: value for value in values if isinstance(value, kind)}
    sources = {view.batch_source.name: view.batch_source for view in found[FeatureView].values()}
    return RepoContents(
        projects=[Project(name=project)],
        data_sources=list((sources | found[DataSource]).values()),
        feature_views=list(found[FeatureView].values()),
        on_demand_feature_views=[],
        stream_feature_views=[],
        label_views=[],
        entities=[*found[Entity].values(), DUMMY_ENTITY],
        feature_services=list(found[FeatureService].values()),
        permissions=[],
    )


def apply(store: FeatureStore, contents: RepoContents) -> str:
    """Make the registry and the online store what the definitions say; what is gone from them is removed.

    Returns:
        What changed, in Feast's words.
    """
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        apply_total_with_repo_instance(
            store, store.project, store.registry, contents, skip_source_validation=True
        )
    return told.getvalue()


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"feature_definitions_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UseCaseError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except EvergreenError as error:
        raise UseCaseError(f"{path}: {error}") from error
    except Exception as error:  # a definition may fail in any way
        raise UseCaseError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module
