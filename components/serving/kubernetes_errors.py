"""A Kubernetes API server that refuses or does not answer, told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3
from kubernetes import client

from components.contracts.errors import RolloutError


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn the client's errors into one of ours.

    Raises:
        RolloutError: With what was tried, and what the API server said to it.
    """
    try:
        yield
    except client.ApiException as error:
        raise RolloutError(
            f"{what}: the API server answered {error.status} {error.reason}: {error.body}"
        ) from error
    except urllib3.exceptions.HTTPError as error:
        raise RolloutError(f"{what}: the API server does not answer; check KUBECONFIG ({error})") from error
