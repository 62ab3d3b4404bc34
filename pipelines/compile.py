"""Compile pipelines and steps to IR YAML, with their images pinned."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler

from components.catalog import STEPS
from pipelines.images import pinned
from pipelines.materialization import materialization
from pipelines.monitoring import monitoring
from pipelines.prediction import prediction
from pipelines.training import training

PIPELINES = {
    "training": training,
    "prediction": prediction,
    "materialization": materialization,
    "monitoring": monitoring,
}


def images() -> dict[str, str]:
    """Logical image name to the image that stands for it."""
    return pinned()


def pin(ir: dict[str, Any], images: Mapping[str, str]) -> dict[str, Any]:
    """Replace each logical image name in a pipeline spec by the image it stands for."""
    for executor in ir["deploymentSpec"]["executors"].values():
        if "container" in executor:
            executor["container"]["image"] = images[executor["container"]["image"]]
    return ir


def compile_to(function: Any, path: Path, images: Mapping[str, str]) -> Path:
    """Compile a pipeline or a step into a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two runs may compile at the same time; KFP wants the name to end so.
    draft = path.with_suffix(f".{os.getpid()}.draft.yaml")
    compiler.Compiler().compile(function, str(draft))
    # A second document holds what is Kubernetes' own, where there is any.
    ir, *platforms = yaml.safe_load_all(draft.read_text())
    draft.write_text(yaml.safe_dump_all([pin(ir, images), *platforms], sort_keys=True, allow_unicode=True))
    return draft.replace(path)


def compile_all(build: Path) -> list[Path]:
    """Compile every pipeline and every step.

    Returns:
        `pipelines/NAME.yaml` and `components/NAME.yaml` under the build folder.
    """
    pinned_images = images()
    written = [
        compile_to(function, build / "pipelines" / f"{name}.yaml", pinned_images)
        for name, function in PIPELINES.items()
    ]
    return written + [
        compile_to(step, build / "components" / f"{step.name}.yaml", pinned_images) for step in STEPS
    ]
