"""Signatures of model folders: OpenSSF model signing, with a key of one's own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from components.contracts.errors import ModelError, StoreError
from components.stores import objects
from components.stores.folders import SIGNATURE, read_folder


def sign(address: str, private_key: Path) -> None:
    """Put a signature of the folder's files into the folder; one that is there already stays.

    Args:
        address: A model folder, gs:// or s3:// address.
        private_key: PEM file of an elliptic-curve key (P-256, P-384 or P-521).

    Raises:
        ModelError: The folder is not a model, or not as it was written.
        StoreError: The key or the store cannot be read, or the store cannot be written.
    """
    from model_signing import signing

    if objects.exists(f"{address}/{SIGNATURE}"):
        return
    _, contents = read_folder(address)
    with tempfile.TemporaryDirectory() as place:
        folder, signature = _copied(contents, Path(place)), Path(place, SIGNATURE)
        try:
            signing.Config().use_elliptic_key_signer(private_key=private_key).sign(folder, signature)
        except Exception as error:  # the library and its cryptography have many kinds
            raise StoreError(f"{private_key} cannot sign: {type(error).__name__}: {error}") from error
        objects.write_bytes(f"{address}/{SIGNATURE}", signature.read_bytes())


def require_signed(contents: Mapping[str, bytes], public_key: Path, address: str) -> None:
    """Hold the files of a model folder to their signature.

    They are the ones already in memory: what changes on disk between the check and the use changes nothing.

    Raises:
        ModelError: There is no signature, it is not of this key, or of other files.
    """
    from model_signing import verifying

    if SIGNATURE not in contents:
        raise ModelError(f"{address} is not signed, and only signed models are served here")
    with tempfile.TemporaryDirectory() as place:
        folder, signature = _copied(contents, Path(place)), Path(place, SIGNATURE)
        signature.write_bytes(contents[SIGNATURE])
        try:
            verifying.Config().use_elliptic_key_verifier(public_key=public_key).verify(folder, signature)
        except Exception as error:  # the library and its cryptography have many kinds
            reason = str(error) or type(error).__name__
            raise ModelError(f"{address}: its signature does not hold for {public_key}: {reason}") from error


def _copied(contents: Mapping[str, bytes], place: Path) -> Path:
    folder = place / "model"
    for name, content in contents.items():
        if name != SIGNATURE:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return folder
