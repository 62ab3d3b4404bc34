"""What a run's pods would wait for in vain: secrets and claims that are not in its namespace."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import urllib3
from kubernetes import client, config

from components.contracts.errors import StoreError
from pipelines.placement import Placement, Placements
from pipelines.pods import connected

SECONDS = 10
"""How long the API server may take to answer."""


def check(placements: Placements, steps: Iterable[str], namespace: str) -> None:
    """Look for what the pods of some steps mount, before a run is started.

    Where the cluster does not tell, because no KUBECONFIG names it or its user may not look, nothing is said.

    Args:
        placements: What the steps get.
        steps: Their names.
        namespace: Where their pods will be.

    Raises:
        StoreError: Something is missing; all of it is named.
    """
    missing = _missing([placements.of(step) for step in steps], namespace)
    if missing:
        raise StoreError(
            f"the pods of the run would wait for ever: there is no {', no '.join(missing)} in namespace {namespace}; "
            "`make deploy ENV=kind` makes them there, and docs/production.md says what they hold elsewhere"
        )


def _missing(wanted: list[Placement], namespace: str) -> list[str]:
    claims = {volume.claim for placement in wanted for volume in placement.volumes}
    secrets = {one.secret for placement in wanted for one in placement.secrets if not one.optional}
    try:
        core = client.CoreV1Api(connected())
        absent = [
            f"claim {name}"
            for name in sorted(claims)
            if _is_absent(core, "persistent_volume_claim", name, namespace)
        ]
        return absent + [
            f"secret {name}" for name in sorted(secrets) if _is_absent(core, "secret", name, namespace)
        ]
    except (config.ConfigException, urllib3.exceptions.HTTPError):
        return []


def _is_absent(core: client.CoreV1Api, kind: str, name: str, namespace: str) -> bool:
    try:
        getattr(core, f"read_namespaced_{kind}")(name, namespace, _request_timeout=SECONDS)
    except client.ApiException as error:
        return bool(error.status == HTTPStatus.NOT_FOUND)
    return False
