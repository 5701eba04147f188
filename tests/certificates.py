"""Clients' certificates, made for one test."""

import base64
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # the tests' clock


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def show_in(self, context: ssl.SSLContext, folder: Path) -> None:
        """Have TLS show it: OpenSSL reads it from a file alone."""
        file = folder / "held.pem"
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(key + self.certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(file)

    @property
    def header(self) -> dict[str, str]:
        """As a proxy hands it on (RFC 9440 §2.2)."""
        return {"Client-Cert": f":{base64.b64encode(self.der).decode()}:"}


def an_authority(name: str = "Trial authority") -> Held:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name.from_rfc4514_string(f"CN={name}")
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        _builder(subject, subject, key, NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Held(builder.sign(key, hashes.SHA256()), key)


def a_certificate(
    subject: str = "CN=rp.example,O=Trial,C=VN",
    authority: Held | None = None,
    *,
    names: Sequence[x509.GeneralName] = (),
    usage: Any = ExtendedKeyUsageOID.CLIENT_AUTH,
    until: datetime = NOW + timedelta(days=30),
) -> Held:
    """One of this subject (RFC 4514); vouched for by itself, unless by an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name.from_rfc4514_string(subject)
    by = authority or Held(None, key)  # type: ignore[arg-type]
    issuer = authority.certificate.subject if authority else named
    builder = _builder(named, issuer, key, until)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if authority:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    return Held(builder.sign(by.key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(until)
    )
