"""Compile pipelines and steps to IR YAML, with their images pinned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler

import components
from components.catalog import STEPS
from components.recording.lineage import source_digest
from components.step import STEPS_IMAGE
from components.stores.models import lock_digest
from pipelines.monitoring import monitoring
from pipelines.training import training

PIPELINES = {"training": training, "monitoring": monitoring}


def content_tag() -> str:
    """The tag of the images: a digest of all that decides what is in them, the sources and the lock."""
    code = source_digest(Path(components.__file__).parent)
    return hashlib.sha256(f"{code} {lock_digest()}".encode()).hexdigest()[:12]


def images() -> dict[str, str]:
    """Logical image name to the image that stands for it.

    The content decides the tag, and KFP's cache looks at the image's name: a step whose code or lock changed is
    never taken from the cache, whether images are built or the steps run as processes.
    """
    return {STEPS_IMAGE: f"evergreen/{STEPS_IMAGE}:{content_tag()}"}


def pin(ir: dict[str, Any], images: Mapping[str, str]) -> dict[str, Any]:
    """Replace each logical image name in a pipeline spec by the image it stands for."""
    for executor in ir["deploymentSpec"]["executors"].values():
        if "container" in executor:
            executor["container"]["image"] = images[executor["container"]["image"]]
    return ir


def compile_to(function: Any, path: Path, images: Mapping[str, str]) -> Path:
    """Compile a pipeline or a step into a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.yaml")
    compiler.Compiler().compile(function, str(draft))
    ir = pin(yaml.safe_load(draft.read_text()), images)
    draft.write_text(yaml.safe_dump(ir, sort_keys=True, allow_unicode=True))
    return draft.replace(path)


def compile_all(build: Path) -> list[Path]:
    """Compile every pipeline and every step.

    Returns:
        `pipelines/NAME.yaml` and `components/NAME.yaml` under the build folder.
    """
    pinned = images()
    written = [
        compile_to(function, build / "pipelines" / f"{name}.yaml", pinned)
        for name, function in PIPELINES.items()
    ]
    return written + [compile_to(step, build / "components" / f"{step.name}.yaml", pinned) for step in STEPS]
