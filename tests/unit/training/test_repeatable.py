"""A model has the same bytes whichever process makes it: its digest names it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pipelines.images import ROOT

MAKE = "import hashlib; from tests.models import model; print(hashlib.sha256(model('cost', 'ALGORITHM').onnx).hexdigest())"


def made(algorithm: str, seed: int) -> str:
    """Digest of the graph that a process of its own makes, in which sets have another order."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", MAKE.replace("ALGORITHM", algorithm)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


@pytest.mark.parametrize("algorithm", ["forest", "linear"])
def test_the_graph_has_the_same_bytes_in_every_process(algorithm):
    assert len({made(algorithm, seed) for seed in (1, 2, 3, 4)}) == 1
