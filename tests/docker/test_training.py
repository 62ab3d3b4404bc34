"""The compiled training pipeline, each step a container of the image, against the same steps as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.settings import Settings
from components.stores.registry import Registry
from components.stores.runs import Runs
from pipelines import library
from pipelines.compile import PIPELINES, compile_to
from pipelines.images import pinned

pytestmark = pytest.mark.docker

AS_OF = "2010-01-01"
FAST = ("training.search.candidates=2", "evaluation.bootstrap.resamples=100")
RUN = "in-containers"
RUNNER = """
import json, sys
from kfp import components, local
ir, root, arguments, environment = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
runner = local.DockerRunner(environment=environment, read_only=True, tmpfs={"/tmp": ""}, network_mode="none")
local.init(runner, pipeline_root=root, raise_on_error=True, enable_caching=False)
components.load_component_from_file(ir)(**arguments)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder that the images' user may write to, and what this process makes in it."""
    before = os.umask(0)
    place = tmp_path_factory.mktemp("shared")
    for parent in (place, *place.parents[:2]):
        parent.chmod(0o777)
    yield place
    os.umask(before)


@pytest.fixture(scope="module")
def in_processes(tmp_path_factory):
    """The stores after the pipeline ran with each step a process."""
    home = tmp_path_factory.mktemp("processes")
    environment = {**os.environ, "EVERGREEN_HOME": str(home), "EVERGREEN_DATA": str(home / "data")}
    changes = [word for change in FAST for word in ("--set", change)]
    command = [Path(sys.executable).with_name("evergreen"), "run", "housing", "--as-of", AS_OF, *changes]
    subprocess.run(command, cwd=home, env=environment, check=True, timeout=900)
    return Settings(home=home, data=str(home / "data"), _env_file=None)


@pytest.fixture(scope="module")
def in_containers(place, images):
    """The stores after the same pipeline ran with each step a container."""
    import json

    settings = Settings(home=place / "home", data=str(place / "data"), _env_file=None)
    entry = library.load("housing", FAST)
    library.bring_data(entry.path, settings.data)
    (place / "home").mkdir()
    ir = compile_to(PIPELINES["training"], place / "training.yaml", pinned())
    arguments = {**entry.arguments(), "as_of": f"{AS_OF}T00:00:00+00:00"}
    environment = {
        "EVERGREEN_HOME": str(settings.home), "EVERGREEN_DATA": settings.data, "EVERGREEN_RUN": RUN
    }  # fmt: skip
    command = [
        sys.executable,
        "-c",
        RUNNER,
        str(ir),
        str(place),
        json.dumps(arguments),
        json.dumps(environment),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return settings


def test_every_step_ran_in_its_container_and_the_run_made_a_champion(in_containers):
    (run,) = Runs(in_containers).history("housing")

    assert (run.run, run.status, run.verdict) == (RUN, "succeeded", "champion")
    for step in ("extract", "analyze", "prepare", "train", "evaluate", "validate"):
        assert f"seconds.{step}" in run.metrics


def test_containers_and_processes_make_the_same_snapshot_and_the_same_model(in_processes, in_containers):
    here, there = (Runs(settings) for settings in (in_processes, in_containers))

    assert here.history("housing")[0].snapshot == there.history("housing")[0].snapshot
    assert Registry(here, "housing").champion().digest == Registry(there, "housing").champion().digest
    assert Registry(here, "housing").champion().lineage == Registry(there, "housing").champion().lineage
