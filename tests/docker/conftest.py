"""The images, built as a user builds them, and containers of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.images import ROOT, TARGETS, name_of

EVERGREEN = Path(sys.executable).with_name("evergreen")


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """`docker WORDS`, to its end."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, timeout=600, check=check)


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    """Name of each image; built if they are not there."""
    subprocess.run([EVERGREEN, "images"], cwd=ROOT, check=True, timeout=3000)
    return {target: name_of(target) for target in TARGETS}


@pytest.fixture(scope="session")
def inspected(images) -> dict[str, dict]:
    """What Docker knows of each image."""
    return {target: json.loads(docker("image", "inspect", name).stdout)[0] for target, name in images.items()}


@pytest.fixture
def inside(images):
    """Run a command in an image as a cluster would: no root, no writing but to /tmp; what it printed."""

    def run(target: str, *command: str) -> subprocess.CompletedProcess[str]:
        hardened = (
            "--read-only",
            "--tmpfs",
            "/tmp",  # noqa: S108
            "--cap-drop",
            "ALL",
            "--security-opt",
            "no-new-privileges",
        )
        return docker(
            "run", "--rm", *hardened, "--entrypoint", command[0], images[target], *command[1:], check=False
        )

    return run
