"""Files in a folder, in Google Cloud Storage or in S3, behind one interface (pyarrow's)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from pyarrow import fs

from components.contracts.errors import StoreError


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
        return _google(), rest
    if scheme == "s3":
        return _s3(), rest
    raise StoreError(f"{uri}: no store is known for {scheme}://; use a folder, gs:// or s3://")


def _google() -> fs.FileSystem:
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if emulator is None:
        return fs.GcsFileSystem()
    endpoint = urlsplit(emulator if "://" in emulator else f"http://{emulator}")
    return fs.GcsFileSystem(anonymous=True, endpoint_override=endpoint.netloc, scheme=endpoint.scheme)


def _s3() -> fs.FileSystem:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return fs.S3FileSystem(endpoint_override=endpoint)
