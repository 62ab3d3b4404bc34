"""Build the images of the steps and the predictor, and say which image stands for which name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

import components
from components.contracts.errors import StoreError
from components.contracts.reports import Report
from components.recording.lineage import source_digest
from components.stores.models import lock_digest

ROOT = Path(components.__file__).parent.parent
TARGETS = ("steps", "predictor")
RECORD = Path("build") / "images.json"
_SOURCE_LABEL = "org.opencontainers.image.source"
_REVISION_LABEL = "org.opencontainers.image.revision"
_VERSION_LABEL = "org.opencontainers.image.version"


class Images(Report):
    """What was pushed: each name of an image, and the image by its digest."""

    tag: str
    images: dict[str, str]


def content_tag() -> str:
    """The tag of the images: a digest of all that decides what is in them, which is sources, locks and Dockerfile."""
    code = source_digest(Path(components.__file__).parent)
    files = (ROOT / "components" / "Dockerfile", ROOT / "requirements-predictor.lock", *definitions())
    others = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()]
    return hashlib.sha256(" ".join([code, lock_digest(), *others]).encode()).hexdigest()[:12]


def definitions() -> list[Path]:
    """The features' definitions and the schemas beside them, which the steps' image holds."""
    place = ROOT / "pipelines" / "usecases"
    return sorted([*(place / "features").glob("*.[py]*"), *place.glob("*.schema.yaml")])


def name_of(target: str) -> str:
    """The image of a target by its content's tag."""
    return f"evergreen/{target}:{content_tag()}"


def pinned(record: Path = RECORD) -> dict[str, str]:
    """Logical image name to the image that stands for it: by digest where it was pushed, else by its content's tag.

    The content decides the tag, and KFP's cache looks at the image's name: a step whose code or lock changed is
    never taken from the cache, whether images are built or the steps run as processes.

    Raises:
        StoreError: The record of pushed images cannot be understood.
    """
    names = {target: name_of(target) for target in TARGETS}
    if not record.is_file():
        return names
    try:
        pushed = Images.read(record)
    except ValidationError as error:
        raise StoreError(f"{record} cannot be understood; `make images PUSH=1` writes it anew") from error
    return names | pushed.images if pushed.tag == content_tag() else names


def source_address() -> str:
    """Address of the repository that this work tree is a clone of, without credentials; nothing when it is none."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(ROOT), "config", "--get", "remote.origin.url"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return re.sub("//[^/@]*@", "//", told.stdout.strip())


def build(target: str, revision: str, source: str = "") -> str:
    """Build an image, unless there is one of the same content; return its name.

    Args:
        target: `steps` or `predictor`.
        revision: Version of the code, for the image's label.
        source: Address of the repository, for the image's label.

    Raises:
        StoreError: Docker is not there, or the image cannot be built.
    """
    name = name_of(target)
    if _docker("image", "inspect", name, quiet=True):
        return name
    labels = {
        _VERSION_LABEL: content_tag(),
        _REVISION_LABEL: revision,
        _SOURCE_LABEL: source,
        "org.opencontainers.image.title": f"evergreen {target}",
    }
    words = [word for label, value in labels.items() for word in ("--label", f"{label}={value}")]
    file = str(ROOT / "components" / "Dockerfile")
    command = ["build", "--file", file, "--target", target, "--tag", name, *words, str(ROOT)]
    if not _docker(*command):
        raise StoreError(f"the image {name} cannot be built; Docker's words are above")
    return name


def size_mb(name: str) -> float:
    """How large an image is, unpacked.

    Raises:
        StoreError: It is not there.
    """
    return int(_words("image", "inspect", "--format", "{{.Size}}", name)) / 1e6


def push(name: str, registry: str) -> str:
    """Push an image and return its address by digest.

    Raises:
        StoreError: The registry refuses it.
    """
    target, tag = name.rsplit("/", 1)[-1].split(":")
    address = f"{registry.rstrip('/')}/{target}"
    if not (
        _docker("tag", name, f"{address}:{tag}")
        and _docker("push", "--quiet", f"{address}:{tag}", quiet=True)
    ):
        raise StoreError(
            f"{address} does not take the image; log in to it first: docker login {registry.split('/')[0]}"
        )
    known = json.loads(_words("image", "inspect", "--format", "{{json .RepoDigests}}", f"{address}:{tag}"))
    return str(next(found for found in known if found.startswith(f"{address}@")))


def record(images: dict[str, str], path: Path = RECORD) -> Path:
    """Write down which images were pushed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Images(tag=content_tag(), images=images).write(path)
    return path


def load(names: Sequence[str], into: str) -> None:
    """Copy images to a cluster without a registry.

    Args:
        names: Which.
        into: `kind`, `minikube`, or a command that takes the images' names, as of a script that imports them on each node.

    Raises:
        StoreError: The tool is not there or refuses.
    """
    commands = {
        "kind": [
            "kind",
            "load",
            "docker-image",
            "--name",
            os.environ.get("CLUSTER_NAME", "evergreen"),
            *names,
        ],
        "minikube": ["minikube", "image", "load", *names],
    }
    command = commands.get(into, [*shlex.split(into), *names])
    if shutil.which(command[0]) is None:
        raise StoreError(
            f"images cannot be loaded into {into!r}: {command[0]} is not there; name {', '.join(commands)}, or a command "
            "that takes the names of images"
        )
    if subprocess.run(command, check=False).returncode:  # noqa: S603
        raise StoreError(f"{into} does not take the images; its words are above")


def bill_of_materials(target: str, folder: Path) -> Path:
    """Write what is installed in an image, as CycloneDX.

    Raises:
        StoreError: The image is not there, or cyclonedx-bom is not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{target}.cdx.json"
    installed = _words("run", "--rm", "--entrypoint", "python3", name_of(target), "-c", _LIST_PACKAGES)
    program = Path(sys.executable).with_name("cyclonedx-py")
    command = [str(program), "requirements", "--output-reproducible", "--of", "JSON", "-o", str(path), "-"]
    try:
        done = subprocess.run(command, input=installed, text=True, capture_output=True, check=False)  # noqa: S603
    except OSError as error:
        raise StoreError(f"{program} is missing; `make setup` installs it") from error
    if done.returncode:
        raise StoreError(f"the bill of materials of {target} cannot be written: {done.stderr.strip()[-500:]}")
    return path


_LIST_PACKAGES = """
from importlib.metadata import distributions
print(*sorted(f"{one.name}=={one.version}" for one in distributions()), sep="\\n")
"""


def _docker(*words: str, quiet: bool = False) -> bool:
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(_command(words), stdout=sink, stderr=sink, check=False).returncode == 0  # noqa: S603


def _words(*words: str) -> str:
    done = subprocess.run(_command(words), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise StoreError(f"docker {words[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def _command(words: Sequence[str]) -> list[str]:
    program = shutil.which("docker")
    if program is None:
        raise StoreError("docker is not installed; images are built with it")
    return [program, *words]
