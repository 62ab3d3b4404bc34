"""Signatures of model folders: OpenSSF model signing, with a key of one's own or under a certificate authority of one's own."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.contracts.errors import ModelError, StoreError, UseCaseError
from components.settings import Settings
from components.stores import objects
from components.stores.folders import SIGNATURE, read_folder


@dataclass(frozen=True)
class Signer:
    """What models are signed with."""

    key: Path
    """PEM file of an elliptic-curve key (P-256, P-384 or P-521)."""
    certificate: Path | None = None
    """PEM file of the key's certificate, those between it and the root after it; None signs with the bare key."""

    @classmethod
    def of(cls, settings: Settings) -> Signer | None:
        """What the settings name; None signs nothing.

        Raises:
            UseCaseError: They name a certificate without its key.
        """
        if settings.signing_key is not None:
            return cls(settings.signing_key, settings.signing_certificate)
        if settings.signing_certificate is not None:
            raise UseCaseError(
                "EVERGREEN_SIGNING_CERTIFICATE is set, and no key with it; set EVERGREEN_SIGNING_KEY"
            )
        return None


@dataclass(frozen=True)
class Trust:
    """Whose signatures hold. Where both are named a model may have either, as while one takes over from the other."""

    public_key: Path | None = None
    """PEM file."""
    roots: Path | None = None
    """PEM file of the certificates that the signer's must lead to; nothing else is trusted, the system's least of all."""


def sign(address: str, signer: Signer, again: bool = False) -> None:
    """Put a signature of the folder's files into the folder.

    Args:
        address: A model folder, gs:// or s3:// address.
        signer: What with.
        again: Replace a signature that is there already; otherwise it stays.

    Raises:
        ModelError: The folder is not a model, or not as it was written.
        StoreError: The key or the store cannot be read, the key is not the certificate's, that is not valid today, or the
            store cannot be written.
    """
    if objects.exists(f"{address}/{SIGNATURE}") and not again:
        return
    _, contents = read_folder(address)
    with tempfile.TemporaryDirectory() as place:
        folder, signature = _copied(contents, Path(place)), Path(place, SIGNATURE)
        try:
            _signing(signer, Path(place)).sign(folder, signature)
        except Exception as error:  # the library and its cryptography have many kinds
            raise StoreError(f"{signer.key} cannot sign: {error or type(error).__name__}") from error
        objects.write_bytes(f"{address}/{SIGNATURE}", signature.read_bytes())


def require_signed(contents: Mapping[str, bytes], trust: Trust, address: str) -> None:
    """Hold the files of a model folder to their signature.

    They are the ones already in memory: what changes on disk between the check and the use changes nothing.

    Raises:
        ModelError: There is no signature, it is of nobody who is trusted, its certificate is not valid today, or it is of
            other files.
    """
    if SIGNATURE not in contents:
        raise ModelError(f"{address} is not signed, and only signed models are served here")
    chain = _chain(contents[SIGNATURE], address)
    trusted = trust.roots if chain else trust.public_key
    if trusted is None:
        how, setting = ("certificate", "ROOTS") if chain else ("key", "PUBLIC_KEY")
        raise ModelError(
            f"{address} is signed with a {how}, and EVERGREEN_SERVING_{setting} names none to trust"
        )
    with tempfile.TemporaryDirectory() as place:
        folder, signature = _copied(contents, Path(place)), Path(place, SIGNATURE)
        signature.write_bytes(contents[SIGNATURE])
        try:
            if chain:
                _require_valid_today(chain, trusted)
            _verifying(trusted, is_certificate=bool(chain)).verify(folder, signature)
        except Exception as error:  # the library and its cryptography have many kinds
            reason = str(error) or type(error).__name__
            raise ModelError(f"{address}: its signature does not hold for {trusted}: {reason}") from error


def _signing(signer: Signer, place: Path) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from model_signing import signing

    if signer.certificate is None:
        return signing.Config().use_elliptic_key_signer(private_key=signer.key)
    first, *others = x509.load_pem_x509_certificates(signer.certificate.read_bytes())
    if not first.not_valid_before_utc <= datetime.now(UTC) <= first.not_valid_after_utc:
        raise ValueError(
            f"{signer.certificate} is valid from {first.not_valid_before_utc:%Y-%m-%d} to {first.not_valid_after_utc:%Y-%m-%d}"
        )
    between = place / "between.pem"
    # The library takes no empty file; the certificate once more, where nothing is between it and the root, means nothing.
    between.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in others or [first]))
    return signing.Config().use_certificate_signer(
        private_key=signer.key,
        signing_certificate=signer.certificate,
        certificate_chain=[between],
    )


def _verifying(trusted: Path, is_certificate: bool) -> Any:
    from model_signing import verifying

    if is_certificate:
        return verifying.Config().use_certificate_verifier(certificate_chain=[trusted])
    return verifying.Config().use_elliptic_key_verifier(public_key=trusted)


def _chain(signature: bytes, address: str) -> list[bytes]:
    """The signer's certificate and those after it, as DER; none where a bare key signed."""
    try:
        chain = json.loads(signature)["verificationMaterial"].get("x509CertificateChain")
        return (
            [base64.b64decode(each["rawBytes"], validate=True) for each in chain["certificates"]]
            if chain
            else []
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{address}: its signature cannot be read; sign the model again") from error


def _require_valid_today(chain: list[bytes], roots: Path) -> None:
    """Hold every certificate up to the root to today's date.

    The library holds them to the day on which the signer's began, since signatures outlive certificates where a third party
    vouches for the day of signing. Here nobody does: who finds an old key could sign forever.
    """
    from cryptography import x509
    from OpenSSL import crypto

    store = crypto.X509Store()
    for root in x509.load_pem_x509_certificates(roots.read_bytes()):
        store.add_cert(crypto.X509.from_cryptography(root))
    first, *others = [crypto.X509.from_cryptography(x509.load_der_x509_certificate(each)) for each in chain]
    crypto.X509StoreContext(store, first, others).verify_certificate()


def _copied(contents: Mapping[str, bytes], place: Path) -> Path:
    folder = place / "model"
    for name, content in contents.items():
        if name != SIGNATURE:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return folder
