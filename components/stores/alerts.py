"""Where alerts go: a webhook, a file, or nowhere."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from components.contracts.errors import StoreError
from components.stores import objects

PATIENCE = 10
"""Seconds that a webhook is waited for."""


def send(place: str, message: dict[str, Any]) -> None:
    """Deliver one message.

    Args:
        place: An address of http or https, to which it is posted as JSON; else a file, to which it is added as one line.
        message: JSON.

    Raises:
        StoreError: It cannot be delivered.
    """
    if place.startswith(("http://", "https://")):
        _post(place, json.dumps(message).encode())
    else:
        before = objects.read_bytes(place) if objects.exists(place) else b""
        objects.write_bytes(place, before + json.dumps(message).encode() + b"\n")


def _post(place: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(place, body, headers)  # noqa: S310 - the scheme was looked at
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310
            return
    except (urllib.error.URLError, OSError) as error:
        # A webhook's address is a secret: only its host is told.
        host = request.host
        raise StoreError(f"the alert was not delivered to {host}: {error}; check EVERGREEN_ALERTS") from error
