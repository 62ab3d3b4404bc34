"""`make cluster` says at once all that a machine lacks; scripts and workflows are sound. What is installed, the e2e workflow tries."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.images import ROOT

WORDS = ("versions",)
SCRIPTS = sorted(path for path in (ROOT / "manifests" / "cluster").iterdir() if path.name not in WORDS)
SCRIPTS.append(ROOT / "manifests" / "overlays" / "kind" / "link")
TESTS = [ROOT / "tests" / name for name in ("with-cluster", "with-kserve", "kserve/build")]
BASICS = ("bash", "awk", "dirname", "cat")


@pytest.fixture
def preflight(tmp_path):
    """Run the preflight on a machine that has these programs, and no others but the system's."""

    def run(*programs: str, **settings: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in BASICS:
            (folder / name).symlink_to(Path(shutil.which(name)))
        for name in programs:
            (folder / name).write_text("#!/bin/sh\nexit 0\n")
            (folder / name).chmod(0o755)
        environment = {"PATH": str(folder), "NEED_MB": "1", **settings}
        command = [str(folder / "bash"), str(ROOT / "manifests" / "cluster" / "up"), "--preflight"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_machine_that_has_everything_is_fit(preflight):
    assert preflight("docker", "kubectl", "kind").returncode == 0


def test_everything_that_is_missing_is_named_at_once(preflight):
    done = preflight("docker", NEED_MB="999999999")

    assert done.returncode == 1
    for word in ("kubectl is not installed", "kind is not installed", "of memory are free"):
        assert word in done.stderr
    assert "docker is not installed" not in done.stderr


def test_the_other_tool_is_asked_for_when_it_is_chosen(preflight):
    assert "minikube is not installed" in preflight("docker", "kubectl", CLUSTER="minikube").stderr


def test_a_tool_that_is_not_known_is_refused(preflight):
    assert "it can be kind or minikube" in preflight("docker", "kubectl", CLUSTER="moon").stderr


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", [*SCRIPTS, *TESTS], ids=lambda path: path.name)
def test_scripts_are_sound(script):
    done = subprocess.run(
        ["shellcheck", "-x", str(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_workflows_are_sound():
    done = subprocess.run(["actionlint"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
