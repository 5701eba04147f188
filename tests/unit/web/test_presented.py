"""What proves a client besides its parameters: read from the connection and our own proxies only."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from werkzeug.test import EnvironBuilder

from idp.web.http import Addresses, Malformed, receive
from idp.web.presented import Presenting

PROXY = "10.0.0.7"
presented = Presenting("https://id.example", Addresses(("10.0.0.0/8",)))


@pytest.fixture(scope="module")
def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rp.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def asked(header: str | None, peer: str = PROXY, reader: Presenting = presented) -> object:
    headers = {"Host": "evil.example", "DPoP": "a.b.c", **({"Client-Cert": header} if header else {})}
    environ = {"REMOTE_ADDR": peer}
    sent = EnvironBuilder("/token?x=1", method="POST", headers=headers, environ_base=environ)
    receive(sent.get_environ())
    return reader()


def sequence(certificate: x509.Certificate) -> str:
    return f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"


@pytest.mark.spec("RFC 9440 §2.2")
def test_certificate_comes_from_a_proxy_of_ours(certificate: x509.Certificate) -> None:
    assert asked(sequence(certificate)).certificate == certificate.public_bytes(Encoding.DER)


def test_nginx_may_write_it_as_percent_encoded_pem(certificate: x509.Certificate) -> None:
    header = quote(certificate.public_bytes(Encoding.PEM).decode(), safe="")

    assert header.startswith("-----BEGIN")
    assert asked(header).certificate == certificate.public_bytes(Encoding.DER)


@pytest.mark.spec("RFC 9440 §4", "RFC 8705 §6.3", "RFC 9700 §4.13")
@pytest.mark.parametrize("peer", ["192.0.2.1", "::1", "unknown", ""])
def test_certificate_from_anybody_else_is_nothing(certificate: x509.Certificate, peer: str) -> None:
    assert asked(sequence(certificate), peer).certificate is None


def test_without_proxies_nobody_is_believed(certificate: x509.Certificate) -> None:
    reader = Presenting("https://id.example", Addresses(()))

    assert asked(sequence(certificate), PROXY, reader).certificate is None


@pytest.mark.parametrize(
    "header", ["::", ":", ":AAAA:", ":?:", "AAAA", "-----BEGIN%20nothing", ":QQ==:, :QQ==:"]
)
def test_certificate_that_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        asked(header)


def test_address_is_the_issuers_whatever_host_says() -> None:
    found = asked(None)

    assert (found.method, found.url, found.dpop) == ("POST", "https://id.example/token", "a.b.c")
