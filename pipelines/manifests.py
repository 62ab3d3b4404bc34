"""An environment's manifests as they are applied: kustomize builds the overlay, and images are pinned where it leaves them open."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from components.contracts.errors import StoreError, UseCaseError

OVERLAYS = Path(__file__).parent.parent / "manifests" / "overlays"

Manifest = dict[str, Any]


def environments() -> list[str]:
    """Names of the overlays."""
    return sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))


def overlay(environment: str) -> Path:
    """The folder of an environment.

    Raises:
        UseCaseError: There is none.
    """
    if environment not in environments():
        raise UseCaseError(f"there is no environment {environment!r}; there are {', '.join(environments())}")
    return OVERLAYS / environment


def built(environment: str, images: Mapping[str, str]) -> list[Manifest]:
    """The manifests of an environment.

    Args:
        environment: Name of an overlay.
        images: What stands for the names of images that the overlay does not pin itself.

    Raises:
        UseCaseError: There is no such overlay.
        StoreError: kubectl is not there, or cannot build it.
    """
    folder = overlay(environment)
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise StoreError("kubectl is not installed; overlays are built with its `kustomize`")
    command = [kubectl, "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise StoreError(f"overlay {environment} cannot be built: {done.stderr.strip()}")
    found = [one for one in yaml.safe_load_all(done.stdout) if one]
    for container in (container for one in found for container in containers(one)):
        container["image"] = images.get(container["image"], container["image"])
    return found


def moved(manifests: list[Manifest], namespace: str) -> list[Manifest]:
    """The same manifests in another namespace, its name included."""
    home = next(one["metadata"]["name"] for one in manifests if one["kind"] == "Namespace")
    return [yaml.safe_load(yaml.safe_dump(one).replace(home, namespace)) for one in manifests]


def text(manifests: list[Manifest]) -> str:
    """Manifests as YAML."""
    return yaml.safe_dump_all(manifests, sort_keys=True, allow_unicode=True)


def containers(manifest: Any) -> Iterator[Manifest]:
    """Every container in a manifest, whatever its kind."""
    if isinstance(manifest, list):
        for part in manifest:
            yield from containers(part)
    if isinstance(manifest, dict):
        for key, part in manifest.items():
            if key in ("containers", "initContainers") and isinstance(part, list):
                yield from (one for one in part if isinstance(one, dict) and "image" in one)
            elif key == "container" and isinstance(part, dict) and "image" in part:
                yield part  # of a ClusterStorageContainer
            else:
                yield from containers(part)


def offences(manifest: Manifest, needs_digest: bool) -> list[str]:
    """What in a manifest breaks a rule of the house; nothing when all is well.

    Images are pinned, pods are not root and may not become it, and every container says what it needs.

    Args:
        manifest: One object.
        needs_digest: Whether an image must be pinned by digest; else the tag of its content will do.
    """
    name = f"{manifest['kind']} {manifest['metadata']['name']}"
    pod = _pod(manifest)
    found = [
        f"{name}: {problem}"
        for container in containers(manifest)
        for problem in _wrong(container, pod, needs_digest)
    ]
    if pod.get("hostNetwork") or pod.get("hostPID") or pod.get("hostIPC"):
        found.append(f"{name}: shares a namespace of the node")
    return found


def _wrong(container: Manifest, pod: Manifest, needs_digest: bool) -> Iterator[str]:
    label, image = container.get("name", "?"), str(container["image"])
    if needs_digest and "@sha256:" not in image:
        yield f"{label}: image {image} has no digest"
    if image.endswith(":latest") or (":" not in image and "@" not in image):
        yield f"{label}: image {image} can be anything"
    security = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
    if not security.get("runAsNonRoot"):
        yield f"{label}: may run as root"
    if security.get("allowPrivilegeEscalation") is not False:
        yield f"{label}: may gain privileges"
    if "ALL" not in security.get("capabilities", {}).get("drop", []):
        yield f"{label}: keeps capabilities"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{label}: has no seccomp profile"
    resources = container.get("resources", {})
    for need, what in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
        if what not in resources.get(need, {}):
            yield f"{label}: says nothing of its {what} {need}"


def _pod(manifest: Manifest) -> Manifest:
    """The pod's specification in a workload; empty where there is none, as in a ServingRuntime."""
    spec = manifest.get("spec") or {}
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    found: Manifest = (
        spec.get("template", {}).get("spec", {}) if isinstance(spec.get("template"), dict) else {}
    )
    return found
