"""Serving on a cluster: KServe's InferenceService, the adapter of `rollout.Rollout` where there is Kubernetes.

KServe's `Ready` stays true while the old version answers, so what counts is the rollout of its Deployment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError

from components.contracts.errors import RolloutError
from components.contracts.release import Deployment, Release
from components.serving.manifest import API, Capacity, Manifest, capacity_of, name_of, released, render
from components.serving.pods import Pods, progress

OWNER = "evergreen-deployer"
"""Field manager: what we apply is ours, and what an overlay or an autoscaler sets stays theirs."""

Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Sends a v1 prediction request to one pod and returns its answer."""
Check = Callable[[Release, Ask], list[str]]
"""What is wrong with the answers of a pod that serves a release; nothing when it answers as it did offline."""


class KServe:
    """Rolls out releases as InferenceServices of one namespace."""

    def __init__(
        self,
        api: client.ApiClient,
        namespace: str,
        check: Check,
        capacity: Capacity | None = None,
        patience: float = 300.0,
        pause: float = 1.0,
    ) -> None:
        """Connect.

        Args:
            api: Kubernetes.
            namespace: Where the InferenceServices are.
            check: Asks a new pod the golden rows.
            capacity: How much serves a use case; None where an overlay says so.
            patience: Seconds that a rollout may take.
            pause: Seconds between two looks.
        """
        self._namespace = namespace
        self._check = check
        self._capacity = capacity
        self._patience = patience
        self._pause = pause
        self._apps = client.AppsV1Api(api)
        self._pods = Pods(api, namespace)
        with _explained("KServe cannot be used"):
            self._services = DynamicClient(api).resources.get(api_version=API, kind="InferenceService")

    def current(self, use_case: str) -> Deployment | None:
        """What serves now; None when nothing does, or nothing of ours.

        Raises:
            RolloutError: The cluster cannot be asked.
        """
        found = self._get(use_case)
        release = None if found is None else released(found)
        return None if release is None else self._deployment(release)

    def deploy(self, release: Release) -> Deployment:
        """Serve a release, and return once all requests reach it and its golden rows were answered as expected.

        Raises:
            RolloutError: It does not load, does not come up in time or answers otherwise. What served before serves on.
        """
        standing = self._get(release.use_case)
        before = None if standing is None else released(standing)
        if before == release and self._progress(release) == "":
            return self._deployment(release)
        self._apply(render(release, self._capacity, before if before != release else _previous(standing)))
        reason = self._settle(release, stale=_failure(standing))
        if reason:
            raise RolloutError(self._returned(release, before, standing, reason))
        return self._deployment(release)

    def rollback(self, use_case: str) -> Deployment:
        """Serve again what served before.

        Raises:
            RolloutError: Nothing did, or it does not come up. What serves now serves on.
        """
        standing = self._get(use_case)
        before = None if standing is None else _previous(standing)
        if before is None:
            raise RolloutError(
                f"{use_case}: nothing served before what serves now, so there is nothing to return to"
            )
        return self.deploy(before)

    def _settle(self, release: Release, stale: Any) -> str:
        """Wait for the rollout and ask the new pods; why it cannot be, or nothing."""
        deadline = time.monotonic() + self._patience
        while True:
            waiting, broken = self._look(release, stale)
            if broken:
                return broken
            if not waiting:
                break
            if time.monotonic() > deadline:
                return f"it did not come up in {self._patience:.0f} s: {waiting}"
            time.sleep(self._pause)
        name = name_of(release.use_case)
        for pod in self._pods.serving(name, release.digest):
            wrong = self._asked(release, pod)
            if wrong:
                return "it answers otherwise than it did offline: " + "; ".join(wrong[:3])
        return ""

    def _look(self, release: Release, stale: Any) -> tuple[str, str]:
        """What the rollout waits for, and why it cannot be; nothing each."""
        try:
            name, waiting = name_of(release.use_case), self._progress(release)
            with _explained("the pods cannot be looked up"):
                if not waiting:
                    return self._pods.leaving(name, release.digest), ""
                broken = self._pods.broken(name, release.digest)
            return waiting, broken or self._refused(release, stale)
        except RolloutError as error:
            # The API server may be away for a moment; the rollout goes on without it.
            return str(error), ""

    def _asked(self, release: Release, pod: str) -> list[str]:
        try:
            return self._check(release, self._pods.asker(pod, release.use_case))
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            return [f"pod {pod} does not answer: {getattr(error, 'body', None) or error}"]

    def _progress(self, release: Release) -> str:
        """What the rollout of a release still waits for; nothing when it is done."""
        with _explained("the rollout cannot be followed"):
            try:
                found = self._apps.read_namespaced_deployment(
                    f"{name_of(release.use_case)}-predictor", self._namespace
                )
            except client.ApiException as error:
                if error.status != 404:
                    raise
                return "KServe has made no Deployment yet"
        return progress(found, release.digest)

    def _refused(self, release: Release, stale: Any) -> str:
        found = self._get(release.use_case) or {}
        status = (found.get("status") or {}).get("modelStatus") or {}
        if status.get("transitionStatus") not in ("BlockedByFailedLoad", "InvalidSpec"):
            return ""
        failure = _failure(found)
        # KServe keeps the failure of an earlier rollout until it has looked at this one.
        return "" if failure == stale else f"{failure.get('reason')}: {failure.get('message')}"

    def _returned(
        self, release: Release, before: Release | None, standing: Manifest | None, reason: str
    ) -> str:
        said = f"{release.use_case}: version {release.version} does not serve: {reason}"
        if standing is None or before is None or before == release:
            with _explained(f"{said}; it cannot be removed"):
                self._services.delete(name_of(release.use_case), self._namespace)
            return f"{said}; nothing served before, so nothing serves"
        self._apply(render(before, capacity_of(standing), _previous(standing)))
        again = self._settle(before, stale=_failure(self._get(release.use_case)))
        if again:
            return f"{said}; and version {before.version}, which served before, does not come back: {again}"
        return f"{said}; version {before.version} serves on"

    def _get(self, use_case: str) -> Manifest | None:
        with _explained(f"what serves {use_case} cannot be looked up"):
            try:
                found: Manifest = self._services.get(name_of(use_case), self._namespace).to_dict()
                return found
            except NotFoundError:
                return None

    def _apply(self, manifest: Manifest) -> None:
        with _explained(f"{manifest['metadata']['name']} cannot be applied"):
            self._services.server_side_apply(
                body=manifest, namespace=self._namespace, field_manager=OWNER, force_conflicts=True
            )

    def _deployment(self, release: Release) -> Deployment:
        name = f"{name_of(release.use_case)}-predictor"
        with _explained(f"the Deployment of {release.use_case} cannot be looked up"):
            conditions = self._apps.read_namespaced_deployment(name, self._namespace).status.conditions or ()
        since = max((one.last_update_time for one in conditions), default=datetime.now(UTC))
        return Deployment(
            release=release, since=since, endpoint=f"http://{name}.{self._namespace}.svc.cluster.local"
        )


def _previous(manifest: Manifest | None) -> Release | None:
    return None if manifest is None else released(manifest, "previous-")


def _failure(manifest: Manifest | None) -> Any:
    status = ((manifest or {}).get("status") or {}).get("modelStatus") or {}
    return status.get("lastFailureInfo") or {}


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except client.ApiException as error:
        raise RolloutError(
            f"{what}: the API server answered {error.status} {error.reason}: {error.body}"
        ) from error
    except urllib3.exceptions.HTTPError as error:
        raise RolloutError(f"{what}: the API server does not answer; check KUBECONFIG ({error})") from error
