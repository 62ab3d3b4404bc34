"""What KServe's controller does to a cluster, as measured, for tests: InferenceService in, Deployment and status out.

For where KServe's sources cannot be had; `tests/with-kserve` brings the real one. This does the part of its work that our
adapter looks at, in the same order: the Deployment carries the InferenceService's annotations, a storage initializer brings the
model, `Ready` stays true while an old pod answers, and a model that does not load is told in `modelStatus`. The pods are real
pods of the real image.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from kubernetes import client
from kubernetes.dynamic import DynamicClient

from components.serving.manifest import API

INITIALIZE = "cp -L /source/* /mnt/models/"
GONE, THERE = 404, 409


class Controller(threading.Thread):
    """Watches one namespace until it is stopped."""

    def __init__(self, api: client.ApiClient, namespace: str, image: str, lag: float = 1.0) -> None:
        super().__init__(daemon=True)
        self._dynamic = DynamicClient(api)
        self._services = self._dynamic.resources.get(api_version=API, kind="InferenceService")
        self._runtimes = self._dynamic.resources.get(
            api_version="serving.kserve.io/v1alpha1", kind="ServingRuntime"
        )
        self._core, self._apps = client.CoreV1Api(api), client.AppsV1Api(api)
        self._namespace = namespace
        self._image = image
        self._lag = lag
        self._seen: dict[str, tuple[str, int]] = {}
        self._ended = threading.Event()

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look again and again, as a controller does."""
        while not self._ended.wait(self._lag):
            for found in self._services.get(namespace=self._namespace).items:
                service = found.to_dict()
                name = service["metadata"]["name"]
                version = (service["metadata"]["uid"], service["metadata"]["generation"])
                if self._seen.get(name) != version:
                    self._reconcile(service)
                    self._seen[name] = version
                try:
                    self._tell(service)
                except client.ApiException as error:
                    if error.status != GONE:  # it was removed meanwhile
                        raise

    def _reconcile(self, service: dict[str, Any]) -> None:
        name = service["metadata"]["name"]
        source = self._fetch(service["spec"]["predictor"]["model"]["storageUri"])
        body = self._deployment(service, source)
        owner = {key: service["metadata"][key] for key in ("name", "uid")}
        body["metadata"]["ownerReferences"] = [{"apiVersion": API, "kind": "InferenceService", **owner}]
        try:
            self._apps.replace_namespaced_deployment(f"{name}-predictor", self._namespace, body)
        except client.ApiException as error:
            if error.status != GONE:
                raise
            self._apps.create_namespaced_deployment(self._namespace, body)
            self._serve(name)

    def _serve(self, name: str) -> None:
        try:
            self._core.create_namespaced_service(self._namespace, _service(name))
        except client.ApiException as error:
            if error.status != THERE:
                raise

    def _fetch(self, address: str) -> str:
        """The model as a ConfigMap; an empty one where there is none, at which the initializer fails as KServe's does."""
        folder = Path(address)
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        name = f"model-{folder.name[:20]}"
        body = client.V1ConfigMap(
            metadata=client.V1ObjectMeta(name=name),
            binary_data={file.name: _base64(file.read_bytes()) for file in files},
        )
        try:
            self._core.create_namespaced_config_map(self._namespace, body)
        except client.ApiException as error:
            if error.status != THERE:
                raise
        return name

    def _deployment(self, service: dict[str, Any], source: str) -> dict[str, Any]:
        predictor = service["spec"]["predictor"]
        runtime = self._runtimes.get(predictor["model"]["runtime"], self._namespace).to_dict()["spec"]
        (container,) = runtime["containers"]
        model = predictor["model"]
        container = {
            **container,
            "image": self._image,
            "env": [*container.get("env", []), *model.get("env", [])],
            "resources": {**container["resources"], **model.get("resources", {})},
        }
        mounts = [{"name": "models", "mountPath": "/mnt/models"}]
        initializer = {
            **self._storage(predictor["storageContainerName"]),
            "image": self._image,
            "command": ["sh", "-c", INITIALIZE],
            "volumeMounts": [*mounts, {"name": "source", "mountPath": "/source"}],
        }
        container["volumeMounts"] = [*container.get("volumeMounts", []), {**mounts[0], "readOnly": True}]
        name = service["metadata"]["name"]
        labels = {"app": f"isvc.{name}-predictor", "serving.kserve.io/inferenceservice": name}
        pod = {
            key: value
            for key, value in predictor.items()
            if key not in ("model", "minReplicas", "maxReplicas", "storageContainerName")
        }
        pod |= {
            "initContainers": [initializer],
            "containers": [container],
            "volumes": [
                *runtime.get("volumes", []),
                {"name": "models", "emptyDir": {}},
                {"name": "source", "configMap": {"name": source, "optional": True}},
            ],
        }
        surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"{name}-predictor", "labels": labels},
            "spec": {
                "replicas": predictor.get("minReplicas", 1),
                "strategy": surge,
                "progressDeadlineSeconds": 600,
                "selector": {"matchLabels": {"app": labels["app"]}},
                "template": {
                    "metadata": {"labels": labels, "annotations": service["metadata"].get("annotations", {})},
                    "spec": pod,
                },
            },
        }

    def _storage(self, name: str) -> dict[str, Any]:
        """What brings models: nothing of the predictor's security context goes to it."""
        kind = self._dynamic.resources.get(
            api_version="serving.kserve.io/v1alpha1", kind="ClusterStorageContainer"
        )
        found: dict[str, Any] = kind.get(name).to_dict()["spec"]["container"]
        return found

    def _tell(self, service: dict[str, Any]) -> None:
        """Ready as soon as any pod answers, the old one too; a failed load by its initializer or its container."""
        name = service["metadata"]["name"]
        deployment = self._apps.read_namespaced_deployment(f"{name}-predictor", self._namespace)
        ready = bool(deployment.status.available_replicas)
        failure = self._failure(name, deployment.spec.template.metadata.annotations or {})
        model: dict[str, Any] = {"transitionStatus": "BlockedByFailedLoad" if failure else "UpToDate"}
        model["states"] = {"activeModelState": "Loaded" if ready else "Pending"}
        if failure:
            model["lastFailureInfo"] = failure
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-01-01T00:00:00Z"}
        status = {"conditions": [condition], "modelStatus": model}
        self._services.status.patch(
            {"status": status}, name, self._namespace, content_type="application/merge-patch+json"
        )

    def _failure(self, name: str, annotations: dict[str, str]) -> dict[str, Any] | None:
        pods = self._core.list_namespaced_pod(
            self._namespace, label_selector=f"serving.kserve.io/inferenceservice={name}"
        )
        for pod in pods.items:
            if (pod.metadata.annotations or {}).get("evergreen.dev/model") != annotations.get(
                "evergreen.dev/model"
            ):
                continue
            for one in pod.status.init_container_statuses or ():
                if one.last_state.terminated or (one.state.terminated and one.state.terminated.exit_code):
                    return {
                        "reason": "ModelLoadFailed",
                        "message": "the model cannot be copied",
                        "exitCode": 1,
                    }
        return None


def _service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{name}-predictor"},
        "spec": {
            "selector": {"app": f"isvc.{name}-predictor"},
            "ports": [{"name": name, "port": 80, "targetPort": 8080}],
        },
    }


def _base64(content: bytes) -> str:
    import base64

    return base64.b64encode(content).decode()
