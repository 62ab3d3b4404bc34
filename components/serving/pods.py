"""The pods behind an InferenceService: how far a rollout is, why a pod does not come up, and a question to one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubernetes import client

from components.contracts.release import Release
from components.serving.manifest import PREFIX, name_of
from components.serving.replay import Asked

MODEL, VERSION = f"{PREFIX}model", f"{PREFIX}version"
"""The annotations that say what a pod serves; KServe copies them from the InferenceService."""
_HOPELESS = {
    "ErrImagePull",
    "ErrImageNeverPull",
    "ImagePullBackOff",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
}
_TRIES = 2
"""After how many failed starts of a container the pod is given up."""


def progress(deployment: client.V1Deployment, release: Release) -> str:
    """What the rollout of a Deployment to a release still waits for; nothing when all its pods serve it.

    As `kubectl rollout status`, and never content with a Deployment that KServe has not changed yet.
    """
    spec, status = deployment.spec, deployment.status
    wanted = spec.replicas or 0
    updated, available = status.updated_replicas or 0, status.available_replicas or 0
    if not _is_of(spec.template.metadata, release):
        return "KServe has not changed the Deployment yet"
    if (status.observed_generation or 0) < deployment.metadata.generation:
        return "the Deployment was not looked at yet"
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the new version{_refusal(status.conditions)}"
    if (status.replicas or 0) > updated:
        return f"{(status.replicas or 0) - updated} pods of the old version are still there"
    if available < updated:
        return f"{available} of {updated} pods of the new version answer"
    return ""


def _refusal(conditions: Sequence[client.V1DeploymentCondition] | None) -> str:
    """Why the API server takes no more pods, as for Pod Security or a quota; nothing when it does."""
    refused = (one for one in conditions or () if one.type == "ReplicaFailure" and one.status == "True")
    return next((f": {one.message}" for one in refused), "")


class Pods:
    """The pods of one namespace."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._api = api
        self._core = client.CoreV1Api(api)
        self._namespace = namespace

    def serving(self, release: Release) -> list[str]:
        """Names of the pods that serve a release and are ready."""
        return [pod.metadata.name for pod in self._of(release) if _is_ready(pod)]

    def leaving(self, release: Release) -> str:
        """What is still there of other versions; nothing when every request reaches this one.

        A pod that was told to end answers on until the node's proxies have learnt of it.
        """
        others = [pod for pod in self._all(release) if not _is_of(pod.metadata, release)]
        return f"{len(others)} pods of the old version have not ended" if others else ""

    def broken(self, release: Release) -> str:
        """Why a pod that is to serve a release will not come up; nothing when that may still be."""
        for pod in self._of(release):
            for status in _containers(pod):
                waiting = status.state.waiting
                if waiting is not None and waiting.reason in _HOPELESS:
                    return f"{status.name}: {waiting.reason}: {waiting.message}"
                if (status.restart_count or 0) >= _TRIES and not status.ready:
                    return f"{status.name} ends again and again: {self._last_words(pod, status)}"
        return ""

    def asked(self, pod: str, use_case: str, request: str) -> Asked:
        """One pod, to be asked for predictions.

        Args:
            pod: Its name.
            use_case: What it serves.
            request: The request's id: what is asked twice under one id is read once from the prediction log.
        """
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}:8080/proxy/v1/models/{use_case}:predict"
        return _Proxied(self._api, path, request)

    def _all(self, release: Release) -> list[client.V1Pod]:
        selector = f"serving.kserve.io/inferenceservice={name_of(release.use_case)}"
        found: list[client.V1Pod] = self._core.list_namespaced_pod(
            self._namespace, label_selector=selector
        ).items
        return found

    def _of(self, release: Release) -> Iterator[client.V1Pod]:
        for pod in self._all(release):
            if _is_of(pod.metadata, release) and pod.metadata.deletion_timestamp is None:
                yield pod

    def _last_words(self, pod: client.V1Pod, status: client.V1ContainerStatus) -> str:
        ended = status.last_state.terminated or status.state.terminated
        reason = f"{ended.reason}, exit code {ended.exit_code}" if ended else "without a word"
        try:
            # As bytes: the client would take a line of JSON apart.
            log = self._core.read_namespaced_pod_log(
                pod.metadata.name,
                self._namespace,
                container=status.name,
                previous=True,
                tail_lines=5,
                _preload_content=False,
            ).data.decode(errors="replace")
        except client.ApiException:
            return reason
        last = told(log)
        return f"{last} ({reason})" if last else reason


def told(log: str) -> str:
    """What the last line of a log says: its `reason` where it is one of the predictor's, else all of it."""
    line = next((line for line in reversed(log.splitlines()) if line.strip()), "")
    try:
        found = json.loads(line)
        return str(found.get("reason") or found.get("message") or line)
    except (ValueError, AttributeError):
        return line


class _Proxied:
    """A pod behind the API server: from a laptop as from a pod, and with no way through the cluster's network policies."""

    def __init__(self, api: client.ApiClient, path: str, request: str) -> None:
        self._api = api
        self._path = path
        self._request = request

    def predictions(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The prediction of each row, as the v1 protocol tells it."""
        answer = self._api.call_api(
            self._path,
            "POST",
            header_params={"Content-Type": "application/json", "Accept": "application/json"},
            body={"id": self._request, "instances": [dict(row) for row in rows]},
            auth_settings=["BearerToken"],
            _preload_content=False,
            _request_timeout=30,
        )[0]
        found: list[Mapping[str, Any]] = json.loads(answer.data)["predictions"]
        return found


def _is_of(metadata: client.V1ObjectMeta, release: Release) -> bool:
    annotations = metadata.annotations or {}
    return (annotations.get(MODEL), annotations.get(VERSION)) == (release.digest, release.version)


def _containers(pod: client.V1Pod) -> Iterator[client.V1ContainerStatus]:
    yield from pod.status.init_container_statuses or ()
    yield from pod.status.container_statuses or ()


def _is_ready(pod: client.V1Pod) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())
