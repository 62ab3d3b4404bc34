"""Why a run on a cluster failed, in the failing step's own words out of its pod's log, or why it cannot go on.

KFP's `run.error` is empty, and it waits for ever for a pod that cannot start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import urllib3
from kubernetes import client, config

_ERROR = re.compile(r"^Error: (?!exit status)")
_NOT_THE_STEP = re.compile(
    r'^([IWEF]\d{4} \d\d:\d\d|time="|\[KFP Executor|Error: exit status|\{"level"|\d{4}[-/]\d\d)'
)
_LOG_LINES = 400
UNTOLD = (client.ApiException, config.ConfigException, urllib3.exceptions.HTTPError)
"""How it shows that there is no cluster in reach, or that it does not tell."""
HOPELESS = ("ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError")
"""What a container waits for in vain."""


@dataclass(frozen=True)
class Failure:
    """A step that failed, and what it said."""

    step: str
    error: str


def failures(run: str, namespace: str) -> tuple[Failure, ...]:
    """The failed steps of a run, first failed first; none when the cluster does not tell.

    Args:
        run: KFP's id of the run.
        namespace: Where its pods are.
    """
    try:
        core = client.CoreV1Api(connected())
        pods = _pods(core, run, namespace, "Failed")
        pods.sort(key=lambda pod: pod.metadata.creation_timestamp)
        return tuple(Failure(_step(pod), said(_log(core, pod)) or _reason(pod)) for pod in pods if _step(pod))
    except UNTOLD:
        return ()


def stuck(run: str, namespace: str) -> str:
    """Why a pod of a run cannot start, though it should; nothing when all may go well, or the cluster does not tell.

    Args:
        run: KFP's id of the run.
        namespace: Where its pods are.
    """
    try:
        pods = _pods(client.CoreV1Api(connected()), run, namespace, "Pending", _request_timeout=10)
    except UNTOLD:
        return ""
    return next((reason for pod in pods if (reason := _hopeless(pod))), "")


def _pods(core: client.CoreV1Api, run: str, namespace: str, phase: str, **words: Any) -> list[client.V1Pod]:
    selected = {"label_selector": f"pipeline/runid={run}", "field_selector": f"status.phase={phase}"}
    return list(core.list_namespaced_pod(namespace, **selected, **words).items)


def _hopeless(pod: client.V1Pod) -> str:
    statuses = [*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ())]
    for status in statuses:
        waiting = status.state.waiting
        if waiting is not None and waiting.reason in HOPELESS:
            return (
                f"{_step(pod) or pod.metadata.name} cannot start: {waiting.reason}: {waiting.message}"
                f" (image {status.image}; `make images LOAD=…` brings images to a cluster without a registry)"
            )
    return ""


def said(log: str) -> str:
    """The error of a step out of its pod's log, without what KFP and Argo say around it; nothing when there is none."""
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if _ERROR.match(line)]
    if not starts:
        return ""
    told: list[str] = []
    for line in lines[starts[-1] :]:
        if told and _NOT_THE_STEP.match(line):
            break
        told.append(line)
    return "\n".join(told).removeprefix("Error: ").strip()


def connected() -> client.ApiClient:
    """The cluster that this process runs in, or that KUBECONFIG names.

    Raises:
        ConfigException: There is none.
    """
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    return client.ApiClient()


def _step(pod: client.V1Pod) -> str:
    words = [
        word
        for container in pod.spec.containers
        if container.name == "main"
        for word in [*(container.command or ()), *(container.args or ())]
    ]
    if "--function_to_execute" not in words:
        return ""  # a driver, not a step
    return str(words[words.index("--function_to_execute") + 1])


def _log(core: client.CoreV1Api, pod: client.V1Pod) -> str:
    # As bytes: the client would take a line of JSON apart.
    answer = core.read_namespaced_pod_log(
        pod.metadata.name,
        pod.metadata.namespace,
        container="main",
        tail_lines=_LOG_LINES,
        _preload_content=False,
    )
    return str(answer.data.decode(errors="replace"))


def _reason(pod: client.V1Pod) -> str:
    ends = [
        status.state.terminated
        for status in pod.status.container_statuses or ()
        if status.name == "main" and status.state.terminated
    ]
    reason = ends[0].reason if ends else pod.status.reason
    if reason == "OOMKilled":
        return "its memory is used up; give the step more in the overlay's steps.yaml"
    return f"{reason or 'ended'}: {pod.status.message or 'without a word'}"
