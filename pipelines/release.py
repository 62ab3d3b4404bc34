"""What a release writes into an overlay: images by digest, pipelines as custom resources, and the models that serve.

The same inputs write the same bytes, so that a release is a diff to be reviewed, and a revert is its rollback.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler
from kfp.compiler.compiler_utils import KubernetesManifestOptions

from components.contracts.errors import StoreError, UseCaseError
from components.contracts.release import Release
from components.contracts.reports import RunSummary
from components.serving.manifest import Manifest, kept_of, released, render
from pipelines.compile import PIPELINES, compile_to, pin
from pipelines.placement import Placements, placed

WRITTEN = "# Written by `evergreen {command}`; edit nothing here by hand.\n"
_KEEP = {"argocd.argoproj.io/sync-options": "Prune=false"}
"""Runs and schedules may still use a version that is no longer the latest."""


def write_images(overlay: Path, images: Mapping[str, str]) -> Path:
    """Pin an overlay's images by digest.

    Raises:
        StoreError: An image has no digest, because it was not pushed.
    """
    open_ones = [image for image in images.values() if "@sha256:" not in image]
    if open_ones:
        raise StoreError(
            f"{', '.join(open_ones)}: not pushed; `make images PUSH=1` pushes and keeps the digests"
        )
    pins = [
        {"name": name, "newName": image.partition("@")[0], "digest": image.partition("@")[2]}
        for name, image in sorted(images.items())
    ]
    component = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "images": pins}
    return _write(overlay / "images" / "kustomization.yaml", [component], "release")


def write_pipelines(overlay: Path, images: Mapping[str, str], build: Path) -> list[Path]:
    """Compile every pipeline into a Pipeline and a PipelineVersion, whose name its content decides.

    Args:
        overlay: The overlay's folder; its `steps.yaml` says what the steps get.
        images: What stands for the names of images.
        build: Where compiled pipelines go.
    """
    placements = Placements.load(overlay / "steps.yaml")
    written = []
    for name, function in PIPELINES.items():
        pipeline = placed(function, placements)
        ir = compile_to(pipeline, build / "pipelines" / overlay.name / f"{name}.yaml", images)
        version = f"{name}-{hashlib.sha256(ir.read_bytes()).hexdigest()[:12]}"
        documents = _custom_resources(pipeline, name, version, images, ir.with_suffix(".manifest.yaml"))
        written.append(_write(overlay / "pipelines" / f"{name}.yaml", documents, "release"))
    _list(overlay / "pipelines", wave=1)
    return written


def write_model(overlay: Path, release: Release, command: str = "release", keep: str = "") -> Path:
    """Let an overlay serve a release; what it served before is kept for a rollback."""
    path = overlay / "models" / f"{release.use_case}.yaml"
    standing = read_model(path)
    before = standing if standing != release else _before(path)
    storage = yaml.safe_load((overlay / "namespace.yaml").read_text())["metadata"]["name"]
    written = _write(path, [render(release, before=before, keep=keep, storage=storage)], command)
    _list(overlay / "models", wave=2)
    return written


def read_model(path: Path) -> Release | None:
    """The release in an overlay's file; None when it serves none."""
    return released(yaml.safe_load(path.read_text())) if path.is_file() else None


def passed(version: str, history: Iterable[RunSummary]) -> int:
    """In how many runs a version proved itself: it passed the gates, or stood as champion and was not replaced.

    Args:
        version: Number of the version in the registry.
        history: The runs of its use case.
    """
    return sum(
        run.status == "succeeded"
        and (
            (run.version == version and run.verdict in ("champion", "passed"))
            or (run.champion == version and run.verdict == "refused")
        )
        for run in history
    )


def promote(
    use_case: str, source: Path, target: Path, history: Sequence[RunSummary], needed: int
) -> tuple[Path, Release]:
    """Let the target's overlay serve what the source's does, if that proved itself often enough.

    Args:
        use_case: Its name.
        source: The overlay where it serves, as in staging.
        target: The overlay where it is to serve.
        history: The runs of the use case where it serves.
        needed: In how many runs it must have passed.

    Raises:
        UseCaseError: The source serves nothing, or what it serves has not passed often enough.
    """
    release = read_model(source / "models" / f"{use_case}.yaml")
    if release is None:
        raise UseCaseError(
            f"{source.name} serves no {use_case}; `evergreen release {source.name} {use_case}` lets it"
        )
    times = passed(release.version, history)
    if times < needed:
        raise UseCaseError(
            f"version {release.version} of {use_case} passed {times} of the {needed} runs that it takes; "
            f"each `evergreen submit {use_case} --env {source.name}` is another"
        )
    keep = kept_of(yaml.safe_load((source / "models" / f"{use_case}.yaml").read_text()))
    return write_model(target, release, "promote", keep), release


def _custom_resources(
    pipeline: Any, name: str, version: str, images: Mapping[str, str], draft: Path
) -> list[Manifest]:
    options = KubernetesManifestOptions(
        pipeline_name=name, pipeline_version_name=version, include_pipeline_manifest=True
    )
    compiler.Compiler().compile(
        pipeline, str(draft), kubernetes_manifest_options=options, kubernetes_manifest_format=True
    )
    documents = list(yaml.safe_load_all(draft.read_text()))
    for document in documents:
        if document["kind"] == "PipelineVersion":
            pin(document["spec"]["pipelineSpec"], images)
            document["metadata"]["annotations"] = _KEEP
    return documents


def _before(path: Path) -> Release | None:
    return released(yaml.safe_load(path.read_text()), "previous-")


def _write(path: Path, documents: Sequence[Manifest], command: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = yaml.safe_dump_all(documents, sort_keys=True, allow_unicode=True)
    path.write_text(WRITTEN.format(command=command) + body)
    return path


def _list(folder: Path, wave: int) -> None:
    """Name every file of a folder in its kustomization, to be applied in Argo CD's wave; the comment at its head stays."""
    path = folder / "kustomization.yaml"
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    names = sorted(file.name for file in folder.glob("*.yaml") if file.name != path.name)
    lines = ["resources: []"] if not names else ["resources:", *(f"  - {name}" for name in names)]
    kind = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization"]
    waves = ["commonAnnotations:", f'  argocd.argoproj.io/sync-wave: "{wave}"']
    path.write_text("\n".join([*head, *kind, *lines, *waves]) + "\n")
