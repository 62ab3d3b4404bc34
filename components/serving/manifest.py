"""What serves a use case on a cluster, as KServe's InferenceService: rendered from a release, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from components.contracts.release import Release
from components.contracts.spec import Spec

Manifest = dict[str, Any]

PREFIX = "evergreen.dev/"
RUNTIME = "evergreen"
"""Name of the ServingRuntime, and of the model format that it takes."""
API = "serving.kserve.io/v1beta1"
KEEP = "EVERGREEN_SERVING_KEEP"
_FACTS = ("use-case", "version", "model", "run", "snapshot")
_WHERE = "source"
"""The annotation that keeps the address of what served before."""


class Capacity(Spec):
    """How much serves one use case; small enough that a rollout's extra pod fits a node of two CPUs."""

    min_replicas: int = Field(default=1, ge=0)
    max_replicas: int = Field(default=2, ge=1)
    cpu: str = "100m"
    memory: str = "512Mi"
    memory_limit: str = "1Gi"


def name_of(use_case: str) -> str:
    """The InferenceService of a use case."""
    return use_case


def render(
    release: Release,
    capacity: Capacity | None = None,
    before: Release | None = None,
    keep: str = "",
    storage: str = "",
) -> Manifest:
    """The InferenceService that serves a release.

    Its annotations lead to the run, the version and the snapshot, and to what served before, for a rollback.

    Args:
        release: What is to serve.
        capacity: How much of it; what is left out is the overlay's business.
        before: What serves until then.
        keep: What the prediction log keeps of each prediction, as JSON; everything when empty.
        storage: Name of the ClusterStorageContainer that brings the model; KServe's own when empty.
    """
    predictor = _predictor(release, capacity, keep)
    if storage:
        predictor["storageContainerName"] = storage
    return {
        "apiVersion": API,
        "kind": "InferenceService",
        "metadata": {
            "name": name_of(release.use_case),
            "labels": {
                "app.kubernetes.io/name": release.use_case,
                "app.kubernetes.io/part-of": "evergreen",
                "app.kubernetes.io/component": "predictor",
            },
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                **_annotations(release),
                **({} if before is None else _annotations(before, "previous-")),
            },
        },
        "spec": {"predictor": predictor},
    }


def restored(release: Release, standing: Manifest, storage: str = "") -> Manifest:
    """The InferenceService that serves a release again, by as much and as it did.

    Args:
        release: What served before.
        standing: The InferenceService that served it, as it was.
        storage: Name of the ClusterStorageContainer that brings the model; KServe's own when empty.
    """
    return render(release, capacity_of(standing), previous(standing), kept_of(standing), storage)


def _predictor(release: Release, capacity: Capacity | None, keep: str) -> Manifest:
    model: Manifest = {
        "modelFormat": {"name": RUNTIME},
        "runtime": RUNTIME,
        "protocolVersion": "v2",
        "storageUri": release.address,
        "env": [{"name": name, "value": value} for name, value in _environment(release, keep).items()],
    }
    predictor: Manifest = {
        "serviceAccountName": "evergreen-predictor",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # Longer than the runtime's preStop and the predictor's own grace together.
        "terminationGracePeriodSeconds": 60,
        "model": model,
    }
    if capacity is not None:
        model["resources"] = {
            "requests": {"cpu": capacity.cpu, "memory": capacity.memory},
            "limits": {"memory": capacity.memory_limit},
        }
        predictor |= {"minReplicas": capacity.min_replicas, "maxReplicas": capacity.max_replicas}
    return predictor


def released(manifest: Mapping[str, Any], which: str = "") -> Release | None:
    """The release that an InferenceService serves; None when it was not made by us.

    Args:
        manifest: The InferenceService.
        which: `previous-` for what served before.
    """
    annotations = manifest["metadata"].get("annotations") or {}
    keys = {fact: f"{PREFIX}{which}{fact}" for fact in (*_FACTS, _WHERE)}
    if any(key not in annotations for key in keys.values()):
        return None
    facts = {fact: annotations[key] for fact, key in keys.items()}
    return Release(
        use_case=facts["use-case"],
        version=facts["version"],
        digest=facts["model"],
        address=facts[_WHERE],
        run=facts["run"],
        snapshot=facts["snapshot"],
    )


def previous(manifest: Mapping[str, Any] | None) -> Release | None:
    """What served before what an InferenceService serves; None when nothing did."""
    return None if manifest is None else released(manifest, "previous-")


def failure_of(manifest: Mapping[str, Any] | None) -> Any:
    """The last failure that KServe tells of an InferenceService; empty when it tells none."""
    status = ((manifest or {}).get("status") or {}).get("modelStatus") or {}
    return status.get("lastFailureInfo") or {}


def capacity_of(manifest: Mapping[str, Any]) -> Capacity | None:
    """How much an InferenceService serves by; None where it leaves that open."""
    predictor = manifest["spec"]["predictor"]
    resources = predictor["model"].get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    if "minReplicas" not in predictor or "cpu" not in requests:
        return None
    return Capacity(
        min_replicas=predictor["minReplicas"],
        max_replicas=predictor["maxReplicas"],
        cpu=requests["cpu"],
        memory=requests["memory"],
        memory_limit=limits["memory"],
    )


def kept_of(manifest: Mapping[str, Any]) -> str:
    """What the prediction log of an InferenceService keeps, as JSON; nothing where it keeps everything."""
    environment = manifest["spec"]["predictor"]["model"].get("env") or []
    return next((str(one["value"]) for one in environment if one["name"] == KEEP), "")


def _environment(release: Release, keep: str) -> dict[str, str]:
    return {
        "EVERGREEN_SERVING_NAME": release.use_case,
        "EVERGREEN_SERVING_VERSION": release.version,
        "EVERGREEN_SERVING_DIGEST": release.digest,
        "EVERGREEN_SERVING_RUN": release.run,
        **({KEEP: keep} if keep else {}),
    }


def _annotations(release: Release, which: str = "") -> dict[str, str]:
    facts = (release.use_case, release.version, release.digest, release.run, release.snapshot)
    found = dict(zip(_FACTS, facts, strict=True)) | {_WHERE: release.address}
    return {f"{PREFIX}{which}{fact}": value for fact, value in found.items()}
