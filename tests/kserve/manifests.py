"""KServe as its own overlay installs it, for a cluster without cert-manager and without a registry.

What `manifests/cluster/up` applies, read from standard input and printed again, changed in what cannot be there: images are those
that `tests/kserve/build` made, the webhooks trust a certificate that is given, and Standard mode is the default from the start.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from pipelines.manifests import text

Manifest = dict[str, Any]

ABSENT = ("Certificate", "Issuer")
"""Kinds of cert-manager."""
ALONE = "manager"
"""The controller's container; the other one only guards its metrics."""


def adapted(manifests: list[Manifest], version: str, certificate: bytes, key: bytes) -> list[Manifest]:
    """KServe's manifests, as they can be here.

    Args:
        manifests: Those of its overlay.
        version: Tag of the images.
        certificate: PEM, which is its own authority.
        key: PEM.
    """
    found = [_pinned(one, version) for one in manifests if one["kind"] not in ABSENT]
    for one in found:
        if one["kind"] == "Deployment":
            _simplify(one["spec"]["template"]["spec"])
        for webhook in one.get("webhooks", ()):
            webhook["clientConfig"]["caBundle"] = _base64(certificate)
        if one["metadata"]["name"] == "inferenceservice-config":
            one["data"]["deploy"] = json.dumps({"defaultDeploymentMode": "Standard"})
    data = {"tls.crt": _base64(certificate), "tls.key": _base64(key)}
    name = {"name": "kserve-webhook-server-cert", "namespace": "kserve"}
    return [
        *found,
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": name, "data": data},
    ]


def _pinned(manifest: Manifest, version: str) -> Manifest:
    """Its overlay says `latest`, in images and in what its ConfigMap says of them."""
    found: Manifest = yaml.safe_load(yaml.safe_dump(manifest).replace(":latest", f":{version}"))
    return found


def _simplify(pod: Manifest) -> None:
    pod["containers"] = [one for one in pod["containers"] if one["name"] == ALONE]
    for container in pod["containers"]:
        container["imagePullPolicy"] = "IfNotPresent"
        container["readinessProbe"]["initialDelaySeconds"] = 1


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


if __name__ == "__main__":
    version, certificate, key = sys.argv[1:]
    given = [one for one in yaml.safe_load_all(sys.stdin) if one]
    print(text(adapted(given, version, Path(certificate).read_bytes(), Path(key).read_bytes())))
