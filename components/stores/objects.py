"""Files in a folder, in Google Cloud Storage or in S3, behind one interface (pyarrow's).

Nothing half-written is ever read: a file appears whole or not at all, and so does a folder that is named by its
content.
"""

from __future__ import annotations

import os
import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pyarrow import fs

from components.contracts.errors import StoreError
from components.stores.failures import explained

PATIENCE = timedelta(seconds=20)
"""How long a cloud that does not answer is asked again."""


def locate(uri: str) -> tuple[fs.FileSystem, str]:
    """The file system of an address, and the path in it.

    Credentials come from the environment, as the clouds' own libraries read them. `STORAGE_EMULATOR_HOST` and
    `AWS_ENDPOINT_URL` name other endpoints.

    Raises:
        StoreError: The scheme is none of gs, s3 and file.
    """
    scheme, _, rest = uri.partition("://")
    if not rest:
        return fs.LocalFileSystem(), str(Path(uri).resolve())
    if scheme == "file":
        return fs.LocalFileSystem(), urlsplit(uri).path
    if scheme == "gs":
        return _google(), rest.rstrip("/")
    if scheme == "s3":
        return _s3(), rest.rstrip("/")
    raise StoreError(f"{uri}: no store is known for {scheme}://; use a folder, gs:// or s3://")


def is_local(uri: str) -> bool:
    """Whether an address is on this machine."""
    return "://" not in uri or uri.startswith("file://")


def read_bytes(uri: str) -> bytes:
    """The content of a file.

    Raises:
        StoreError: It is not there or cannot be read.
    """
    system, path = locate(uri)
    with explained(uri, "read"), system.open_input_file(path) as file:
        return bytes(file.read())


def write_bytes(uri: str, content: bytes) -> None:
    """Write a file at once: a reader sees the old content or the new, whatever happens meanwhile.

    Raises:
        StoreError: The store cannot be written.
    """
    system, path = locate(uri)
    with explained(uri, "written"):
        if is_local(uri):
            _write_local(Path(path), content)
        else:
            with system.open_output_stream(path) as file:  # appears when it is closed
                file.write(content)


def exists(uri: str) -> bool:
    """Whether there is a file or a folder.

    Raises:
        StoreError: The store cannot be read.
    """
    system, path = locate(uri)
    with explained(uri, "read"):
        return bool(system.get_file_info(path).type != fs.FileType.NotFound)


def names(uri: str) -> list[str]:
    """Names of the files in a folder, those of its folders included as `folder/file`; none when it is not there.

    Raises:
        StoreError: The store cannot be read.
    """
    system, path = locate(uri)
    with explained(uri, "read"):
        found = system.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    inside = (info.path for info in found if info.type == fs.FileType.File)
    relative = (Path(name).relative_to(path).as_posix() for name in inside)
    return sorted(name for name in relative if not _is_unfinished(name))


def publish(folder: Path, uri: str, last: str = "manifest.json") -> None:
    """Copy a folder to an address that its content decides.

    On this machine the copy gets its name when it is complete. A cloud has no such step: there `last` is written
    last, and a folder without it is not complete. What is there already and complete is left alone.

    Args:
        folder: What to copy.
        uri: Where to; nobody ever writes anything else there.
        last: The file that makes the copy complete.

    Raises:
        StoreError: The store cannot be written.
    """
    if exists(f"{uri}/{last}"):
        return
    if not is_local(uri):
        upload(folder, uri, last)
        return
    staged = staging(uri)
    try:
        with explained(uri, "written"):
            staged.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(folder, staged)
        move(staged, uri, last)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def upload(folder: Path, uri: str, last: str) -> None:
    """Copy the files of a folder to a cloud's address, `last` last. Each appears whole or not at all.

    Raises:
        StoreError: The store cannot be written.
    """
    system, path = locate(uri)
    for name in sorted(names(str(folder)), key=lambda name: (name == last, name)):
        with explained(f"{uri}/{name}", "written"):
            fs.copy_files(str(folder / name), f"{path}/{name}", fs.LocalFileSystem(), system)


def fetch(uri: str, folder: Path) -> None:
    """Copy the files of an address into a folder on this machine.

    Raises:
        StoreError: There is nothing, or it cannot be read, or the folder cannot be written.
    """
    system, path = locate(uri)
    held = names(uri)
    if not held:
        raise StoreError(f"{uri} is not there, or holds nothing")
    for name in held:
        with explained(f"{uri}/{name}", "copied to this machine"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            fs.copy_files(f"{path}/{name}", str(folder / name), system, fs.LocalFileSystem())


def staging(uri: str) -> Path:
    """A folder beside a local address, not there yet, to be filled and then moved to it."""
    _, path = locate(uri)
    return Path(f"{path}.tmp-{secrets.token_hex(6)}")


def move(staged: Path, uri: str, last: str) -> None:
    """Give a local folder its final name. When another process was first, its folder stays.

    Raises:
        StoreError: The store cannot be written.
    """
    target = Path(locate(uri)[1])
    with explained(uri, "written"):
        for name in names(str(staged)):
            _flush(staged / name)
        if target.exists() and not (target / last).exists():
            discard(uri)  # someone removed a part of it by hand
        try:
            staged.rename(target)
        except OSError:
            if not (target / last).exists():
                raise


def discard(uri: str) -> None:
    """Remove a local folder; it loses its name first, so that nobody reads the rest of it.

    Raises:
        StoreError: The store cannot be written.
    """
    aside = staging(uri)
    with explained(uri, "removed"):
        Path(locate(uri)[1]).rename(aside)
        shutil.rmtree(aside)


def _is_unfinished(name: str) -> bool:
    return Path(name).name.startswith(".") and ".tmp-" in name


def _write_local(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.tmp-{secrets.token_hex(6)}")
    try:
        staged.write_bytes(content)
        _flush(staged)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _google() -> fs.FileSystem:
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if emulator is None:
        return fs.GcsFileSystem(retry_time_limit=PATIENCE)
    endpoint = urlsplit(emulator if "://" in emulator else f"http://{emulator}")
    return fs.GcsFileSystem(
        anonymous=True,
        endpoint_override=endpoint.netloc,
        scheme=endpoint.scheme,
        retry_time_limit=PATIENCE,
    )


def _s3() -> fs.FileSystem:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return fs.S3FileSystem(endpoint_override=endpoint, connect_timeout=10, request_timeout=60)
