"""Certificates made on the spot: for localhost, for a sample client; and the authorities behind them."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.demo.cast import MTLS_SUBJECT
from idp.demo.files import write_private

LIFE = timedelta(days=30)
LOCALHOST = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))


class Files(NamedTuple):
    """A certificate and its private key (mode 0600), in PEM."""

    certificate: Path
    key: Path


class Certificates(NamedTuple):
    """``authority`` vouches for the server, ``client_authority`` for a sample client."""

    authority: Path
    server: Files
    client_authority: Files
    client: Files


Key = EllipticCurvePrivateKey | rsa.RSAPrivateKey


class _Pair(NamedTuple):
    certificate: x509.Certificate
    key: Key


def make_certificates(directory: Path) -> Certificates:
    """Made anew at every start. Of the server's authority nobody keeps the key.

    The server's key is RSA: in TLS 1.2, FAPI 1.0 Advanced §8.5, which FAPI-CIBA builds on, knows no other.

    The clients' authority is written with its key, so that whoever tests may vouch for clients of their own.
    """
    directory.mkdir(parents=True, exist_ok=True)
    authority = _an_authority("Dinh Danh demonstration authority")
    client_authority = _an_authority("Dinh Danh demonstration authority of clients")
    key = rsa.generate_private_key(65537, 2048)
    server = _vouched(authority, key, "CN=localhost", ExtendedKeyUsageOID.SERVER_AUTH, *LOCALHOST)
    key_of_client = generate_private_key(SECP256R1())
    client = _vouched(client_authority, key_of_client, MTLS_SUBJECT, ExtendedKeyUsageOID.CLIENT_AUTH)
    authority_file = directory / "ca.pem"
    authority_file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return Certificates(
        authority_file,
        _written(server, directory, "localhost"),
        _written(client_authority, directory, "client-ca"),
        _written(client, directory, "client"),
    )


def _an_authority(name: str) -> _Pair:
    key, named = generate_private_key(SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
    builder = (
        _builder(named, named, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _Pair(builder.sign(key, hashes.SHA256()), key)


def _vouched(
    authority: _Pair, key: Key, subject: str, usage: x509.ObjectIdentifier, *names: x509.GeneralName
) -> _Pair:
    named = x509.Name.from_rfc4514_string(subject)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(named, authority.certificate.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(identifier, critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return _Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _written(pair: _Pair, directory: Path, name: str) -> Files:
    files = Files(directory / f"{name}.pem", directory / f"{name}.key")
    files.certificate.write_bytes(pair.certificate.public_bytes(Encoding.PEM))
    private = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(files.key, private.decode("ascii"))
    return files


def _builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFE)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
