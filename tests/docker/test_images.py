"""What the images hold, and what they do not."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess

import pytest

from components.contracts.errors import StoreError
from components.stores.folders import features_digest, lock_digest
from pipelines.images import ROOT, TARGETS, build, content_tag, pinned, push, record
from tests.docker.conftest import docker

pytestmark = pytest.mark.docker

each = pytest.mark.parametrize("target", TARGETS)
DIGESTS = "from components.stores.folders import lock_digest as a, features_digest as b; print(a(), b())"
SOURCES = (
    "import components; from pathlib import Path; from components.recording.lineage import source_digest; "
    "print(source_digest(Path(components.__file__).parent))"
)


@each
def test_it_runs_as_a_user_by_number_that_is_not_root(target, inspected, inside):
    assert inspected[target]["Config"]["User"] == "65532:65532"
    assert inside(target, "id", "-u").stdout.strip() == "65532"


@each
def test_it_has_no_compiler(target, inside):
    for program in ("gcc", "cc", "c++", "make"):
        assert inside(target, "sh", "-c", f"command -v {program}").returncode != 0


@each
def test_a_model_of_this_lock_is_a_model_of_the_images_lock(target, inside):
    assert inside(target, "python3", "-c", DIGESTS).stdout.split() == [lock_digest(), features_digest()]


def test_the_lineage_of_a_model_is_the_same_in_the_image(inside):
    from pathlib import Path

    from components.recording.lineage import source_digest

    assert inside("steps", "python3", "-c", SOURCES).stdout.strip() == source_digest(
        Path("components").resolve()
    )


@each
def test_labels_say_where_it_is_from(target, inspected):
    labels = inspected[target]["Config"]["Labels"]

    assert labels["org.opencontainers.image.version"] == content_tag()
    assert labels["org.opencontainers.image.revision"]


@each
def test_its_bill_of_materials_lists_what_is_installed(target, images, inside):
    listed = json.loads((ROOT / "build" / "images" / f"{target}.cdx.json").read_text())
    found = {part["name"].lower(): part["version"] for part in listed["components"]}
    version = inside(target, "python3", "-c", "import sklearn; print(sklearn.__version__)").stdout.strip()

    assert listed["bomFormat"] == "CycloneDX"
    assert found["scikit-learn"] == version


def test_the_predictor_is_the_smaller(inspected):
    assert inspected["predictor"]["Size"] < 0.75 * inspected["steps"]["Size"]


def test_unchanged_sources_build_nothing(images):
    before = docker("image", "inspect", "--format", "{{.Created}}", images["steps"]).stdout
    build("steps", "another revision")

    assert docker("image", "inspect", "--format", "{{.Created}}", images["steps"]).stdout == before


@each
def test_what_it_needs_is_installed_and_fits_together(target, inside):
    checked = subprocess.run(
        ["docker", "run", "--rm", "--entrypoint", "/usr/local/bin/python3", f"evergreen/{target}:{content_tag()}",
         "-m", "pip", "--python", "/opt/evergreen/bin/python", "check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout


@pytest.fixture
def registry(tmp_path):
    """A registry of this machine, on a port of its own."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "registry.yml"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "registry")}}
    settings.write_text(
        json.dumps({"version": 0.1, "storage": storage, "http": {"addr": f"127.0.0.1:{port}"}})
    )
    process = subprocess.Popen([program, "serve", str(settings)], stderr=subprocess.DEVNULL)
    yield f"127.0.0.1:{port}/evergreen"
    process.terminate()
    process.wait()


def test_a_pushed_image_stands_by_its_digest_from_then_on(registry, images, tmp_path):
    address = push(images["predictor"], registry)
    kept = record({"predictor": address}, tmp_path / "images.json")

    assert address.startswith(f"{registry}/predictor@sha256:")
    assert pinned(kept)["predictor"] == address
    assert docker("pull", "--quiet", address).returncode == 0


def test_a_registry_that_refuses_is_named(images):
    with pytest.raises(StoreError, match=r"docker login 127\.0\.0\.1:1"):
        push(images["predictor"], "127.0.0.1:1/evergreen")
