"""What the tests on a cluster need of whoever runs them, and how they reach what serves there."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

NEEDS = {
    "KUBECONFIG": "the cluster",
    "EVERGREEN_KFP_ENDPOINT": "Kubeflow Pipelines' API, as in http://127.0.0.1:8888",
    "EVERGREEN_TRACKING_URI": "MLflow's server there, as in http://127.0.0.1:5000",
    "EVERGREEN_STORE": "the store that the steps use, as in s3://mlpipeline/evergreen",
    "EVERGREEN_DATA": "where the steps read rows, as in s3://mlpipeline/evergreen/data",
}
_PORT = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


def missing(environment: Mapping[str, str]) -> str:
    """What the environment does not name, in one sentence; nothing when it names all."""
    absent = [f"{name} ({what})" for name, what in NEEDS.items() if not environment.get(name)]
    if not absent:
        return ""
    return (
        f"the tests on a cluster need {', '.join(absent)}; "
        'after `make cluster`, eval "$(manifests/cluster/reach)" sets them'
    )


@contextmanager
def forwarded(namespace: str, what: str, port: int) -> Iterator[str]:
    """The address on this machine at which `svc/NAME` or `pod/NAME` answers meanwhile."""
    command = ["kubectl", "port-forward", "--namespace", namespace, what, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            told = process.stdout.readline() if process.stdout else ""
            found = _PORT.search(told)
            assert found is not None, f"{what} cannot be reached: {told}"
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()


def within(seconds: float, what: str, happened: Callable[[], object], pause: float = 5.0) -> object:
    """The first truth that is told.

    Raises:
        AssertionError: None is, in that time.
    """
    deadline = time.monotonic() + seconds
    while True:
        if found := happened():
            return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(pause)
