"""The predictor as a process of its own, on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import tritonclient.http as triton

from components.contracts.release import Release
from components.stores.folders import digest
from tests.models import written

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Running:
    """A predictor that answers."""

    process: subprocess.Popen[bytes]
    url: str
    output: Path
    client: httpx.Client

    def predict(self, *rows: dict, **more: object) -> httpx.Response:
        """The answer to rows over v1."""
        return self.client.post("/v1/models/shop:predict", json={"instances": rows, **more})

    def infer(self, **body: object) -> httpx.Response:
        """The answer to a request over v2."""
        return self.client.post("/v2/models/shop/infer", json=body)

    def counted(self, name: str) -> float:
        """A metric by name and labels, as in the exposition; 0 when it is not there."""
        lines = self.client.get("/metrics").text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def memory_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000

    def log(self) -> str:
        """All that was written to the standard output and error."""
        return self.output.read_text()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def release(folder: Path, version: str = "1") -> Release:
    return Release(
        use_case="shop", version=version, digest=digest(folder), address=str(folder), run="r", snapshot="abc"
    )


@contextmanager
def predictor(folder: Path, place: Path, **settings: str) -> Iterator[Running]:
    """A predictor of a model folder, until the block ends."""
    port, output = free_port(), place / "predictor.log"
    told = {
        "MODEL": str(folder),
        "NAME": "shop",
        "VERSION": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        **settings,
    }
    environment = os.environ | {f"EVERGREEN_SERVING_{key}": value for key, value in told.items()}
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "components.serving.predictor"],
            cwd=ROOT,
            env=environment,
            stdout=sink,
            stderr=sink,
        )
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=30) as client:
        try:
            wait_until_ready(client, process, output)
            yield Running(process, url, output, client)
        finally:
            process.kill()
            process.wait()


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], output: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the predictor ended: {output.read_text()}")
        try:
            if client.get("/v2/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the predictor does not answer: {output.read_text()}")


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[str, Path]:
    """Model folders by what they predict."""
    place = tmp_path_factory.mktemp("models")
    found = {label: written(place, label) for label in ("late", "kind", "cost")}
    return found | {"other": written(place, "late", "linear")}


@pytest.fixture(scope="module", params=["late", "kind", "cost"])
def each(request, folders, tmp_path_factory) -> Iterator[tuple[str, Running]]:
    """What is predicted, and its predictor: two classes, three, and a number."""
    with predictor(folders[request.param], tmp_path_factory.mktemp("serving")) as running:
        yield request.param, running


@pytest.fixture(scope="module")
def shop(folders, tmp_path_factory) -> Iterator[Running]:
    """The predictor of two classes, which lets callers on this machine replace its release."""
    with predictor(folders["late"], tmp_path_factory.mktemp("serving"), REPOSITORY="1") as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[[Running], triton.InferenceServerClient]]:
    """Triton's client of a predictor."""
    with ExitStack() as open_clients:
        yield lambda running: open_clients.enter_context(
            triton.InferenceServerClient(running.url.removeprefix("http://"))
        )
