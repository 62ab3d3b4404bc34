"""Serving on a cluster: KServe's InferenceService, the adapter of `rollout.Rollout` where there is Kubernetes.

KServe's `Ready` stays true while the old version answers, so what counts is the rollout of its Deployment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError

from components.contracts.errors import ModelError, RolloutError, StoreError
from components.contracts.release import Deployment, Release
from components.serving.kubernetes_errors import explained
from components.serving.manifest import (
    API,
    Capacity,
    Manifest,
    failure_of,
    name_of,
    previous,
    released,
    render,
    restored,
)
from components.serving.pods import Pods, progress, told
from components.serving.replay import Asked, require_golden
from components.serving.rollout import Status

OWNER = "evergreen-deployer"
"""Field manager: what we apply is ours, what an overlay or an autoscaler sets stays theirs."""
OURS = "app.kubernetes.io/part-of=evergreen"

Check = Callable[[Asked, Release], None]
"""Raises a RolloutError where a pod answers otherwise than its release did offline."""


class KServe:
    """Rolls out releases as InferenceServices of one namespace."""

    def __init__(
        self,
        api: client.ApiClient,
        namespace: str,
        capacity: Capacity | None = None,
        *,
        keep: str = "",
        check: Check = require_golden,
        patience: float = 300.0,
        pause: float = 1.0,
    ) -> None:
        """Connect.

        Args:
            api: Kubernetes.
            namespace: Where the InferenceServices are; the ClusterStorageContainer that brings models has its name.
            capacity: How much serves a use case; None where an overlay says so.
            keep: What the prediction log keeps, as JSON; everything when empty.
            check: Asks a new pod the golden rows.
            patience: Seconds that a rollout may take.
            pause: Seconds between two looks.
        """
        self._namespace = namespace
        self._check = check
        self._capacity = capacity
        self._keep = keep
        self._patience = patience
        self._pause = pause
        self._apps = client.AppsV1Api(api)
        self._pods = Pods(api, namespace)
        with explained("KServe cannot be used"):
            self._services = DynamicClient(api).resources.get(api_version=API, kind="InferenceService")

    def use_cases(self) -> tuple[str, ...]:
        """Those that serve here.

        Raises:
            RolloutError: The cluster cannot be asked.
        """
        with explained("what serves cannot be looked up"):
            found = self._services.get(namespace=self._namespace, label_selector=OURS).to_dict()["items"]
        return tuple(sorted(one["metadata"]["name"] for one in found if released(one) is not None))

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
            RolloutError: It does not come up, or answers otherwise. What served before serves on.
        """
        standing = self._get(release.use_case)
        before = None if standing is None else released(standing)
        if before == release:
            if not self._progress(release):
                return self._deployment(release)
            before = previous(standing)
        self._apply(render(release, self._capacity, before, self._keep, self._namespace))
        reason = self._settle(release, stale=failure_of(standing))
        if reason:
            raise RolloutError(self._returned(release, before, standing, reason))
        return self._deployment(release)

    def status(self, use_case: str) -> Status:
        """What serves, and why nothing does if so.

        Raises:
            RolloutError: The cluster cannot be asked.
        """
        found = self._get(use_case)
        release = None if found is None else released(found)
        if found is None or release is None:
            return Status(
                None, problem=f"there is no InferenceService {use_case} of ours in {self._namespace}"
            )
        deployment, waiting = self._deployment(release), self._progress(release)
        if not waiting:
            return Status(deployment)
        return Status(deployment, self._refused(release, stale=None) or waiting, is_broken=True)

    def stop(self, use_case: str) -> bool:
        """Serve nothing; pods answer what they accepted before they end. Says whether anything served.

        Raises:
            RolloutError: The cluster cannot be asked.
        """
        serves = self.current(use_case) is not None
        if serves:
            self._remove(use_case)
        return serves

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
        asked = (self._asked(release, pod) for pod in self._pods.serving(release))
        return next((wrong for wrong in asked if wrong), "")

    def _look(self, release: Release, stale: Any) -> tuple[str, str]:
        """What the rollout waits for, and why it cannot be; nothing each."""
        try:
            waiting = self._progress(release)
            with explained("the pods cannot be looked up"):
                if not waiting:
                    return self._pods.leaving(release), ""
                broken = self._pods.broken(release)
            return waiting, broken or self._refused(release, stale)
        except RolloutError as error:
            # The API server may be away for a moment; the rollout goes on without it.
            return str(error), ""

    def _asked(self, release: Release, pod: str) -> str:
        try:
            self._check(self._pods.asked(pod, release.use_case, f"golden-{release.digest[:12]}"), release)
        except (RolloutError, ModelError, StoreError) as error:
            return str(error)
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            return f"pod {pod} does not answer: {getattr(error, 'body', None) or error}"
        return ""

    def _progress(self, release: Release) -> str:
        """What the rollout of a release still waits for; nothing when it is done."""
        found = self._found(f"{name_of(release.use_case)}-predictor")
        return "KServe has made no Deployment yet" if found is None else progress(found, release)

    def _refused(self, release: Release, stale: Any) -> str:
        found = self._get(release.use_case) or {}
        status = (found.get("status") or {}).get("modelStatus") or {}
        if status.get("transitionStatus") not in ("BlockedByFailedLoad", "InvalidSpec"):
            return ""
        failure = failure_of(found)
        # KServe keeps the failure of an earlier rollout until it has looked at this one.
        return "" if failure == stale else f"{failure.get('reason')}: {told(str(failure.get('message')))}"

    def _returned(
        self, release: Release, before: Release | None, standing: Manifest | None, reason: str
    ) -> str:
        said = f"{release.use_case}: version {release.version} does not serve: {reason}"
        if standing is None:
            self._remove(release.use_case)
            return f"{said}; nothing served before, so nothing serves"
        if before is None:
            return f"{said}; nothing of ours served before it, so it is left as it is"
        self._apply(restored(before, standing, self._namespace))
        again = self._settle(before, stale=failure_of(self._get(release.use_case)))
        if again:
            return f"{said}; and version {before.version}, which served before, does not come back: {again}"
        return f"{said}; version {before.version} serves on"

    def _get(self, use_case: str) -> Manifest | None:
        with explained(f"what serves {use_case} cannot be looked up"):
            try:
                return dict(self._services.get(name_of(use_case), self._namespace).to_dict())
            except NotFoundError:
                return None

    def _remove(self, use_case: str) -> None:
        with explained(f"{use_case} cannot be removed"):
            self._services.delete(name_of(use_case), self._namespace)
        # KServe's controller lets it go when it has cleaned up; what is applied to it meanwhile goes with it.
        deadline = time.monotonic() + self._patience
        while self._get(use_case) is not None and time.monotonic() < deadline:
            time.sleep(self._pause)

    def _apply(self, manifest: Manifest) -> None:
        with explained(f"{manifest['metadata']['name']} cannot be applied"):
            self._services.server_side_apply(
                body=manifest, namespace=self._namespace, field_manager=OWNER, force_conflicts=True
            )

    def _deployment(self, release: Release) -> Deployment:
        name = f"{name_of(release.use_case)}-predictor"
        found = self._found(name)
        conditions = (found.status.conditions or ()) if found else ()
        since = max((one.last_update_time for one in conditions), default=datetime.now(UTC))
        return Deployment(
            release=release, since=since, endpoint=f"http://{name}.{self._namespace}.svc.cluster.local"
        )

    def _found(self, name: str) -> client.V1Deployment | None:
        with explained(f"the Deployment {name} cannot be looked up"):
            try:
                return self._apps.read_namespaced_deployment(name, self._namespace)
            except client.ApiException as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                return None
