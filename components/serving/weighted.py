"""A rollout in shares: before a version takes over, a canary of it gets some of the requests (`canary`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kubernetes import client
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError

from components.contracts.errors import RolloutError
from components.contracts.release import Deployment, Release
from components.serving.canary import ROUTES, Plan, canary_of, climb, none_of, route_of, service_of
from components.serving.kserve import Check
from components.serving.kubernetes_errors import explained
from components.serving.manifest import Capacity, Manifest
from components.serving.pods import Pods, progress
from components.serving.replay import require_golden
from components.serving.rollout import Rollout, Status

OWNER = "evergreen-canary"
"""Field manager of `spec.canary` and of the route, so that a rollout of the stable pods touches neither."""


@dataclass(frozen=True)
class Way:
    """How shares are given."""

    plan: Plan
    gateway: str
    """NAMESPACE/NAME of the Gateway that callers come by."""
    patience: float = 300.0
    """Seconds that the canary's pods may take to answer."""


class Weighted:
    """A `rollout.Rollout` that gives shares first, and then lets another roll out."""

    def __init__(
        self,
        inner: Rollout,
        api: client.ApiClient,
        namespace: str,
        way: Way,
        capacity: Capacity | None = None,
        keep: str = "",
        *,
        check: Check = require_golden,
        tell: Callable[[str], None] = print,
    ) -> None:
        """Wrap a rollout.

        Args:
            inner: Rolls out what the shares speak for.
            api: Kubernetes.
            namespace: Where the InferenceServices are.
            way: How shares are given.
            capacity: How much a canary's pod gets.
            keep: What the prediction log keeps, as JSON.
            check: Asks a new pod the golden rows.
            tell: Told what goes on.
        """
        self._inner, self._way, self._check, self._tell = inner, way, check, tell
        self._api, self._namespace = api, namespace
        self._capacity, self._keep = capacity, keep
        self._pods, self._apps = Pods(api, namespace), client.AppsV1Api(api)
        with explained("KServe cannot be used"):
            self._dynamic = DynamicClient(api)

    def use_cases(self) -> tuple[str, ...]:
        """Those that serve here."""
        return self._inner.use_cases()

    def current(self, use_case: str) -> Deployment | None:
        """What serves now; a canary does not."""
        return self._inner.current(use_case)

    def status(self, use_case: str) -> Status:
        """What serves, and why nothing does if so."""
        return self._inner.status(use_case)

    def stop(self, use_case: str) -> bool:
        """Serve nothing."""
        return self._inner.stop(use_case)

    def deploy(self, release: Release) -> Deployment:
        """Serve a release, once it answered its shares of the requests well enough.

        Raises:
            RolloutError: It did not, or does not come up. What served before serves on, and has every request.
        """
        standing = self._inner.current(release.use_case)
        if standing is None or standing.release == release:
            return self._inner.deploy(release)
        if reason := self._no_shares():
            self._tell(f"no shares are given, since {reason}; all requests go over at once")
            return self._inner.deploy(release)
        try:
            self._try(release, standing.release)
            return self._inner.deploy(release)
        finally:
            self.end(release.use_case)

    def _try(self, release: Release, champion: Release) -> None:
        shares = _Given(release, champion, self.give, self._metrics)
        self.give(release, 0)
        self._come_up(release)
        for pod in self._pods.serving(release):
            self._check(self._pods.asked(pod, release.use_case, f"golden-{release.digest[:12]}"), release)
        reason = climb(shares, self._way.plan, time.sleep, self._tell)
        if reason:
            raise RolloutError(
                f"{release.use_case}: version {release.version} does not serve: {reason}; "
                f"version {champion.version} serves on"
            )

    def end(self, use_case: str) -> None:
        """Take the canary away: its requests first, its pods then."""
        self._apply(route_of(use_case, self._way.gateway, 0))
        self._apply(none_of(use_case))

    def give(self, release: Release, percent: int) -> None:
        """Let a release's canary have a share of the requests."""
        self._apply(canary_of(release, self._capacity, self._keep, percent))
        self._apply(route_of(release.use_case, self._way.gateway, percent))

    def _metrics(self, release: Release) -> dict[str, str]:
        """The metrics of the pods that serve a release, by pod."""
        with explained(f"the metrics of {release.use_case} cannot be read"):
            return {pod: self._read(pod) for pod in self._pods.serving(release)}

    def _read(self, pod: str) -> str:
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}:8080/proxy/metrics"
        answer = self._api.call_api(
            path, "GET", auth_settings=["BearerToken"], _preload_content=False, _request_timeout=30
        )[0]
        return str(answer.data.decode())

    def _come_up(self, release: Release) -> None:
        deadline = time.monotonic() + self._way.patience
        while waiting := self._pods.broken(release) or self._progress(release):
            if time.monotonic() > deadline:
                raise RolloutError(
                    f"the canary of {release.use_case} did not come up in {self._way.patience:.0f} s: {waiting}"
                )
            time.sleep(1.0)

    def _progress(self, release: Release) -> str:
        try:
            name = service_of(release.use_case, canary=True)
            return progress(self._apps.read_namespaced_deployment(name, self._namespace), release)
        except client.ApiException as error:
            return f"{error.status} {error.reason}"

    def _no_shares(self) -> str:
        """Why nothing here can give shares; nothing when something can."""
        if not self._way.gateway:
            return "EVERGREEN_KSERVE_GATEWAY names no Gateway"
        try:
            self._dynamic.resources.get(api_version=ROUTES, kind="HTTPRoute")
        except ResourceNotFoundError:
            return "this cluster has no Gateway API"
        return ""

    def _apply(self, manifest: Manifest) -> None:
        with explained(f"{manifest['kind']} {manifest['metadata']['name']} cannot be applied"):
            kind = self._dynamic.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
            kind.server_side_apply(
                body=manifest, namespace=self._namespace, field_manager=OWNER, force_conflicts=True
            )


@dataclass(frozen=True)
class _Given:
    """The shares of one release (`canary.Shares`)."""

    release: Release
    champion: Release
    gives: Callable[[Release, int], None]
    reads: Callable[[Release], Mapping[str, str]]

    def give(self, percent: int) -> None:
        """Let the canary have so much."""
        self.gives(self.release, percent)

    def look(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The metrics of the canary's and of the champion's pods."""
        return self.reads(self.release), self.reads(self.champion)
