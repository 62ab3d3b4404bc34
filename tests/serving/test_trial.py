"""A predictor on trial does not outlive whoever tries it."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from tests.models import written
from tests.serving.conftest import ROOT

pytestmark = pytest.mark.serving

TRIAL = """
import sys, time
from pathlib import Path
from components.contracts.release import Release
from components.serving.launch import launched
model, log = sys.argv[1:]
release = Release(use_case="shop", version="", digest="", address=model, run="", snapshot="")
with launched(release, Path(log), {"EVERGREEN_SERVING_LOG": ""}):
    print("serves", flush=True)
    time.sleep(600)
"""


def test_a_predictor_on_trial_ends_when_its_step_is_killed(tmp_path):
    words = [sys.executable, "-c", TRIAL, str(written(tmp_path)), str(tmp_path / "log.txt")]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as step:
        assert step.stdout is not None
        assert step.stdout.readline() == "serves\n"
        (predictor,) = psutil.Process(step.pid).children()
        step.kill()

    _, alive = psutil.wait_procs([predictor], timeout=20)
    assert alive == []
