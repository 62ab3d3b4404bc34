"""A real certificate authority, and certificates under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    """Who may vouch for others."""

    key: Key
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str, under: Authority | None = None, days: tuple[int, int] = (-10, 10)) -> Authority:
        """One that vouches for itself, or whom another vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, _certificate(name, key, under, key, days, is_authority=True))

    def issue(
        self, name: str, days: tuple[int, int] = (-1, 5), signs: bool = True
    ) -> tuple[Key, x509.Certificate]:
        """A key and its certificate, valid between two days from today; whether it may sign."""
        key = ec.generate_private_key(ec.SECP256R1())
        return key, _certificate(name, key, self, self.key, days, is_authority=False, signs=signs)


def write(place: Path, *parts: Key | x509.Certificate) -> Path:
    """A PEM file."""
    place.write_bytes(b"".join(map(_pem, parts)))
    return place


def _pem(part: Key | x509.Certificate) -> bytes:
    if isinstance(part, x509.Certificate):
        return part.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    return part.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _certificate(
    name: str,
    key: Key,
    under: Authority | None,
    signing: Key,
    days: tuple[int, int],
    is_authority: bool,
    signs: bool = True,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start, end = (datetime.now(UTC) + timedelta(days=day) for day in days)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if under is None else under.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=signs and not is_authority,
                key_agreement=not signs,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                **usage,
            ),
            critical=True,
        )
        .sign(signing if under is None else under.key, hashes.SHA256())
    )
