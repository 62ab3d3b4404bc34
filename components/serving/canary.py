"""A weighted canary: a version gets shares of the requests, each watched before the next is given.

KServe 0.20 has `spec.canary[]`, which makes pods and a Service beside the stable ones and no more: what share of the requests
reaches them is an HTTPRoute's business, which is ours (Gateway API).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from prometheus_client.parser import text_string_to_metric_families
from pydantic import Field, field_validator

from components.contracts.release import Release
from components.contracts.reports import Report
from components.contracts.spec import Spec
from components.serving.manifest import API, PREFIX, Capacity, Manifest, name_of, render

NAME = "canary"
"""Of the canary's predictor: KServe calls its Deployment and its Service `USECASE-canary-predictor`."""
ROUTES = "gateway.networking.k8s.io/v1"


class Plan(Spec):
    """Which shares, for how long, and what of them is too bad to go on."""

    steps: tuple[int, ...] = Field(description="Percent of the requests, rising.")
    seconds: float = Field(default=60.0, ge=0, description="How long each share is watched.")
    least: int = Field(
        default=20, ge=0, description="With fewer requests nothing is concluded, and it is refused."
    )
    failing: float = Field(
        default=0.01, ge=0, description="Share of its requests that may fail, beyond the champion's."
    )
    slower: float = Field(
        default=2.0, ge=1, description="How many times the champion's time a request may take (99 %)."
    )

    @field_validator("steps")
    @classmethod
    def _rise(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if list(steps) != sorted(set(steps)) or not all(0 < step < 100 for step in steps):
            raise ValueError(f"{steps} do not rise from above 0 to below 100 percent")
        return steps


class Seen(Report):
    """What pods did in a while."""

    requests: int
    failures: int
    """Answered with 5xx."""
    seconds: float
    """The time that 99 of 100 requests took at most; NaN without requests."""
    ready: bool = True
    """Whether its pods answer."""


class Shares(Protocol):
    """Who gives a version its share of the requests, and sees what comes of it."""

    def give(self, percent: int) -> None:
        """Let the canary have so much."""

    def look(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The metrics of the canary's and of the champion's pods, by pod, in Prometheus's text format."""


def climb(shares: Shares, plan: Plan, wait: Callable[[float], None], tell: Callable[[str], None]) -> str:
    """Give one share after the other; why a version should get no more, or nothing. It has none left then.

    Raises:
        RolloutError: The cluster cannot be asked. The canary has no share left.
    """
    try:
        for percent in plan.steps:
            before = shares.look()
            shares.give(percent)
            wait(plan.seconds)
            after = shares.look()
            canary, champion = (seen(*pair) for pair in zip(before, after, strict=True))
            reason = objection(canary, champion, plan)
            if reason:
                shares.give(0)
                return f"at {percent} % of the requests {reason}"
            tell(
                f"{percent} % of the requests for {plan.seconds:.0f} s: {canary.requests} of them, {canary.failures} failed"
            )
    except Exception:
        shares.give(0)
        raise
    return ""


def objection(canary: Seen, champion: Seen, plan: Plan) -> str:
    """Why a canary should get no more requests; nothing when it may. What was not measured objects."""
    if not canary.ready:
        return "its pods do not answer"
    if canary.requests < plan.least:
        return f"{canary.requests} reached it; {plan.least} are needed to conclude anything"
    if canary.requests == 0:
        return ""
    failing = canary.failures / canary.requests
    usual = champion.failures / champion.requests if champion.requests else 0.0
    if not failing <= usual + plan.failing:
        return f"{failing:.1%} failed, and {usual:.1%} of the champion's"
    if champion.requests and not canary.seconds <= champion.seconds * plan.slower:
        return f"one of a hundred took {canary.seconds:.3g} s, and {champion.seconds:.3g} s of the champion's"
    return ""


def seen(before: Mapping[str, str], after: Mapping[str, str]) -> Seen:
    """What pods did between two looks at their metrics; a pod that began meanwhile counts from its beginning.

    Args:
        before: Metrics by pod.
        after: The same pods', later.
    """
    requests = failures = 0.0
    buckets: dict[float, float] = {}
    for pod, text in after.items():
        earlier = _values(before.get(pod, ""))
        for (name, labels), value in _values(text).items():
            # A process that began again counts from 0.
            known = earlier.get((name, labels), 0.0)
            change = value - known if value >= known else value
            facts = dict(labels)
            if name == "evergreen_requests_total":
                requests += change
                failures += change if facts["status"].startswith("5") else 0
            elif name == "evergreen_request_seconds_bucket":
                bound = float(facts["le"])
                buckets[bound] = buckets.get(bound, 0.0) + change
    return Seen(requests=int(requests), failures=int(failures), seconds=_slow(buckets), ready=bool(after))


def _slow(buckets: Mapping[float, float]) -> float:
    """The least bound below which 99 of 100 lie."""
    total = buckets.get(math.inf, 0.0)
    return (
        min((bound for bound, count in buckets.items() if count >= 0.99 * total), default=math.nan)
        if total
        else math.nan
    )


def _values(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def canary_of(release: Release, capacity: Capacity | None, keep: str, percent: int) -> Manifest:
    """The part of an InferenceService that is the canary's, to be applied by a field manager of its own.

    Args:
        release: What is tried.
        capacity: How much each of its pods gets.
        keep: What the prediction log keeps, as JSON; everything when empty.
        percent: Its share; KServe makes a share of the pods of it, so that the number of pods is given, one.
    """
    whole = render(release, capacity, keep=keep)
    # KServe refuses a canary that scales.
    kept = {key: value for key, value in whole["spec"]["predictor"].items() if key != "maxReplicas"}
    facts = {key: value for key, value in whole["metadata"]["annotations"].items() if key.startswith(PREFIX)}
    # The container's name is one that KServe fills in for the stable predictor, and demands of a canary.
    model = {**kept["model"], "name": "kserve-container"}
    predictor = {**kept, "model": model, "name": NAME, "minReplicas": 1, "annotations": facts}
    return _part(release.use_case, [{"predictor": predictor, "trafficPercent": percent}])


def none_of(use_case: str) -> Manifest:
    """The same without a canary."""
    return _part(use_case, None)


def _part(use_case: str, canaries: Iterable[Manifest] | None) -> Manifest:
    spec = {} if canaries is None else {"canary": list(canaries)}
    return {
        "apiVersion": API,
        "kind": "InferenceService",
        "metadata": {"name": name_of(use_case)},
        "spec": spec,
    }


def service_of(use_case: str, canary: bool = False) -> str:
    """The name of the Deployment, and of the Service, of the stable or the canary's pods."""
    return f"{name_of(use_case)}-{NAME}-predictor" if canary else f"{name_of(use_case)}-predictor"


def route_of(use_case: str, gateway: str, percent: int) -> Manifest:
    """The HTTPRoute of a use case's requests, by the paths of both protocols.

    Args:
        use_case: Its name.
        gateway: NAMESPACE/NAME of the Gateway that callers come by.
        percent: The canary's share; without one its Service is not named, since it need not be there.
    """
    place, _, name = gateway.rpartition("/")
    backends: list[dict[str, Any]] = [{"name": service_of(use_case), "port": 80, "weight": 100 - percent}]
    if percent:
        backends.append({"name": service_of(use_case, canary=True), "port": 80, "weight": percent})
    paths = [f"/{version}/models/{use_case}" for version in ("v1", "v2")]
    # v1 asks PATH:predict, which is no path below PATH.
    matches = [{"path": {"type": "PathPrefix", "value": path}} for path in paths]
    matches.append({"path": {"type": "Exact", "value": f"{paths[0]}:predict"}})
    return {
        "apiVersion": ROUTES,
        "kind": "HTTPRoute",
        # KServe's own route, where it makes one, has the InferenceService's name.
        "metadata": {
            "name": f"{name_of(use_case)}-shares",
            "labels": {"app.kubernetes.io/part-of": "evergreen"},
        },
        "spec": {
            "parentRefs": [{"name": name, **({"namespace": place} if place else {})}],
            "rules": [{"matches": matches, "backendRefs": backends}],
        },
    }
