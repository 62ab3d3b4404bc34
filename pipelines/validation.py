"""Hold manifests against a real API server: what it would refuse, and what Pod Security would not admit."""

from __future__ import annotations

import secrets
import shutil
import subprocess

from components.contracts.errors import StoreError
from pipelines.manifests import Manifest, moved, text

UNKNOWN = "monitoring.coreos.com/"
"""The Prometheus operator's kinds: a cluster has them or not, and those that do not go without the alerts."""
_WARNING = "Warning: "


def refusals(manifests: list[Manifest]) -> list[str]:
    """What the API server that KUBECONFIG names says against manifests, by a server-side dry run.

    They are held against a namespace made for this, which admits no pod that is not restricted.

    Raises:
        StoreError: kubectl is not there, or the API server does not answer.
    """
    name = f"evergreen-validate-{secrets.token_hex(3)}"
    _must(["create", "namespace", name])
    try:
        labels = ["enforce", "warn"]
        _must(
            ["label", "namespace", name, *(f"pod-security.kubernetes.io/{one}=restricted" for one in labels)]
        )
        mapped = [one for one in moved(manifests, name) if not one["apiVersion"].startswith(UNKNOWN)]
        done = _kubectl(["apply", "--server-side", "--dry-run=server", "--filename", "-"], text(mapped))
        lines = done.stderr.splitlines()
        found = [line for line in lines if line.startswith(_WARNING) and "PodSecurity" in line]
        return found + [line for line in lines if done.returncode and not line.startswith(_WARNING)]
    finally:
        _kubectl(["delete", "namespace", name, "--wait=false"])


def _must(words: list[str]) -> None:
    done = _kubectl(words)
    if done.returncode:
        raise StoreError(f"kubectl {words[0]} failed; check KUBECONFIG: {done.stderr.strip()}")


def _kubectl(words: list[str], given: str | None = None) -> subprocess.CompletedProcess[str]:
    program = shutil.which("kubectl")
    if program is None:
        raise StoreError("kubectl is not installed")
    return subprocess.run([program, *words], input=given, capture_output=True, text=True, check=False)  # noqa: S603
