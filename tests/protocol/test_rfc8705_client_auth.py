"""RFC 8705 §2: clients that prove themselves by their TLS certificate."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from joserfc import jwk
from werkzeug.test import TestResponse

from idp.oidc.clients.checks import InvalidClientMetadata
from idp.settings import Misconfigured, load
from idp.web.http import CERTIFICATE, FOR_CLIENTS
from tests.assertions import a_key, jwks
from tests.certificates import NOW, Held, a_certificate, an_authority
from tests.house import ISSUER, SECRET, House

SUBJECT = "CN=rp.example,O=Trial,C=VN"
PKI = {"token_endpoint_auth_method": "tls_client_auth", "grant_types": ("client_credentials",)}
SELF = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "grant_types": ("client_credentials",)}


@pytest.fixture(scope="module")
def authority() -> Held:
    return an_authority()


@pytest.fixture
def tls_house(make_house: Callable[..., House], authority: Held, tmp_path: Path) -> House:
    """Behind a proxy on loopback, where tests' requests come from."""
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return make_house(trusted_proxies=("127.0.0.1",), client_certificates=True, client_ca_file=file)


@dataclass(frozen=True, slots=True)
class Forged:
    """Bytes for a certificate."""

    der: bytes

    @property
    def header(self) -> dict[str, str]:
        return {"Client-Cert": f":{base64.b64encode(self.der).decode()}:"}


def ask(house: House, held: Held | Forged | None, client_id: str = "rp", **form: str) -> TestResponse:
    sent = {"grant_type": "client_credentials", "scope": "reports", "client_id": client_id, **form}
    return house.app.test_client().post("/token", data=sent, headers=held.header if held else {})


def ask_natively(
    house: House, held: Held | Forged | None, client_id: str = "rp", headers: dict[str, str] | None = None
) -> TestResponse:
    """As our own listener hands a request on."""
    return house.app.test_client().post(
        "/token",
        data={"grant_type": "client_credentials", "scope": "reports", "client_id": client_id},
        headers=headers,
        environ_overrides={CERTIFICATE: held.der if held else None, FOR_CLIENTS: True},
    )


def is_refused(response: TestResponse) -> bool:
    return (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.spec("RFC 8705 §2.1.2")
@pytest.mark.parametrize(
    "registered",
    [SUBJECT, "cn=RP.example, o=trial, c=vn".replace(", ", ","), "2.5.4.3=rp.example,O=Trial,C=VN"],
)
def test_subject_is_compared_as_a_name_not_as_text(
    tls_house: House, authority: Held, registered: str
) -> None:
    tls_house.client(tls_client_auth_subject_dn=registered, **PKI)

    assert ask(tls_house, a_certificate(SUBJECT, authority)).status_code == 200


@pytest.mark.spec("RFC 8705 §2.1.2", "RFC 8705 §2.1")
@pytest.mark.parametrize(
    "subject",
    [
        "CN=rp.example",
        "C=VN,O=Trial,CN=rp.example",
        "CN=rp.example,O=Trial,C=VN,DC=x",
        "CN=other,O=Trial,C=VN",
    ],
)
def test_another_subject_is_refused(tls_house: House, authority: Held, subject: str) -> None:
    tls_house.client(tls_client_auth_subject_dn=SUBJECT, **PKI)

    assert is_refused(ask(tls_house, a_certificate(subject, authority)))


@pytest.mark.spec("RFC 8705 §2.1.2")
@pytest.mark.parametrize(
    ("member", "value", "name"),
    [("dns", "RP.example", x509.DNSName("rp.example")),
     ("uri", "https://rp.example/a", x509.UniformResourceIdentifier("https://rp.example/a")),
     ("ip", "2001:DB8::1", x509.IPAddress(ip_address("2001:db8::1"))),
     ("email", "a@rp.example", x509.RFC822Name("a@rp.example"))],
)  # fmt: skip
def test_client_is_known_by_an_alternative_name(
    tls_house: House, authority: Held, member: str, value: str, name: x509.GeneralName
) -> None:
    tls_house.client(**{f"tls_client_auth_san_{member}": value}, **PKI)

    assert ask(tls_house, a_certificate(authority=authority, names=[name])).status_code == 200
    assert is_refused(ask(tls_house, a_certificate(authority=authority)))
    assert is_refused(ask(tls_house, a_certificate(authority=authority, names=[x509.DNSName("x.example")])))


@pytest.mark.spec("RFC 8705 §2.1")
def test_name_counts_only_when_vouched_for(tls_house: House, authority: Held) -> None:
    tls_house.client(tls_client_auth_subject_dn=SUBJECT, **PKI)

    assert is_refused(ask(tls_house, a_certificate(SUBJECT)))
    assert is_refused(ask(tls_house, a_certificate(SUBJECT, an_authority())))
    assert is_refused(ask(tls_house, a_certificate(SUBJECT, authority, until=NOW - timedelta(days=1))))
    server = a_certificate(SUBJECT, authority, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    assert is_refused(ask(tls_house, server))
    assert ask(tls_house, a_certificate(SUBJECT, authority, usage=None)).status_code == 200


@pytest.mark.spec("RFC 8705 §2.2.2", "RFC 8705 §2.2")
def test_self_signed_certificate_is_known_by_its_key(tls_house: House) -> None:
    held, other = a_certificate(), a_certificate()
    tls_house.client(jwks=jwks(a_key(), jwk.ECKey.import_key(held.key.public_key())), **SELF)

    assert ask(tls_house, held).status_code == 200
    assert is_refused(ask(tls_house, other))


@pytest.mark.spec("RFC 8705 §2")
def test_without_a_certificate_nothing_is_proven(tls_house: House) -> None:
    tls_house.client(tls_client_auth_subject_dn=SUBJECT, **PKI)

    assert is_refused(ask(tls_house, None))


@pytest.mark.spec("RFC 8705 §2")
def test_certificate_does_not_stand_for_another_proof(tls_house: House, authority: Held) -> None:
    tls_house.client(grant_types=("client_credentials",))
    tls_house.client("tls", tls_client_auth_subject_dn=SUBJECT, **PKI)
    held = a_certificate(SUBJECT, authority)

    assert is_refused(ask(tls_house, held))
    assert is_refused(ask(tls_house, held, "tls", client_secret="x"))


@pytest.mark.spec("RFC 8705 §6.3", "RFC 9440 §4")
def test_header_means_nothing_unless_proxies_write_it(
    make_house: Callable[..., House], authority: Held
) -> None:
    for settings in ({}, {"trusted_proxies": ("127.0.0.1",)}):
        house = make_house(**settings)
        house.client(tls_client_auth_subject_dn=SUBJECT, **PKI)
        assert is_refused(ask(house, a_certificate(SUBJECT, authority)))


@pytest.fixture
def native(make_house: Callable[..., House], authority: Held, tmp_path: Path) -> House:
    """Where our own listener asks for certificates; beside it a proxy of ours is on loopback."""
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return make_house(
        issuer=ISSUER.replace("http:", "https:"),
        mtls_port=8443,
        client_ca_file=file,
        trusted_proxies=("127.0.0.1",),
        client_certificates=True,
    )


@pytest.mark.spec("RFC 8705 §2")
def test_own_listener_shows_the_certificate(native: House, authority: Held) -> None:
    native.client(tls_client_auth_subject_dn=SUBJECT, **PKI)
    native.client("other", tls_client_auth_subject_dn="CN=other", **PKI)
    held = a_certificate(SUBJECT, authority)

    assert ask_natively(native, held).status_code == 200
    assert is_refused(ask_natively(native, held, "other"))
    assert is_refused(ask_natively(native, a_certificate("CN=other", authority)))
    assert is_refused(ask_natively(native, a_certificate(SUBJECT)))
    assert is_refused(ask_natively(native, None))


@pytest.mark.spec("RFC 9440 §4")
def test_header_means_nothing_at_our_own_listener(native: House, authority: Held) -> None:
    native.client(tls_client_auth_subject_dn=SUBJECT, **PKI)
    held = a_certificate(SUBJECT, authority)

    for shown in (None, a_certificate("CN=other", authority)):
        assert is_refused(ask_natively(native, shown, headers=held.header))


ODD = {
    "version": ("a003020102", "a003020104"),
    "kind of key": ("06072a8648ce3d0201", "06072a8648ce3d027f"),
    "curve": ("06082a8648ce3d030107", "06082a8648ce3d03017f"),
    "point": ("03420004", "03420005"),
    "length": ("3082", "3083"),
}


@pytest.mark.spec("RFC 8705 §2")
@pytest.mark.parametrize("method", [PKI | {"tls_client_auth_subject_dn": SUBJECT}, SELF], ids=["pki", "self"])
@pytest.mark.parametrize("what", ODD)
def test_certificate_that_nobody_can_read_proves_nothing(
    native: House, authority: Held, what: str, method: dict[str, Any]
) -> None:
    held = a_certificate(SUBJECT, authority)
    keys = {"jwks": jwks(jwk.ECKey.import_key(held.key.public_key()))} if method is SELF else {}
    native.client(**method, **keys)
    was, now = (bytes.fromhex(part) for part in ODD[what])
    odd = Forged(held.der.replace(was, now, 1))

    assert ask_natively(native, held).status_code == 200
    assert is_refused(ask_natively(native, odd))
    assert ask(native, odd).get_json()["error"] in ("invalid_client", "invalid_request")


@pytest.mark.parametrize("subject", ["CN=rp.example\\00.evil,O=Trial,C=VN", "O=Trial", "CN=" + "x" * 64])
def test_odd_names_are_nobodys(native: House, authority: Held, subject: str) -> None:
    native.client(tls_client_auth_subject_dn=SUBJECT, **PKI)

    assert is_refused(ask_natively(native, a_certificate(subject, authority)))


@pytest.mark.spec("RFC 8705 §5")
def test_discovery_names_the_addresses_that_ask_for_certificates(
    make_house: Callable[..., House], native: House, tls_house: House
) -> None:
    def document(where: House) -> dict[str, Any]:
        found: dict[str, Any] = where.app.test_client().get("/.well-known/openid-configuration").get_json()
        return found

    told = document(native)
    elsewhere = make_house(
        client_certificates=True, trusted_proxies=("10.0.0.7",), mtls_origin="https://mtls.id.example"
    )

    aliases = told["mtls_endpoint_aliases"]
    assert aliases.keys() == {
        f"{name}_endpoint"
        for name in ("token", "revocation", "introspection", "userinfo", "registration",
                     "pushed_authorization_request", "device_authorization", "backchannel_authentication")
    }  # fmt: skip
    host = urlsplit(told["issuer"]).hostname
    assert {urlsplit(url).netloc for url in aliases.values()} == {f"{host}:8443"}
    assert all(urlsplit(url).path == urlsplit(told[name]).path for name, url in aliases.items())
    assert document(elsewhere)["mtls_endpoint_aliases"]["token_endpoint"] == "https://mtls.id.example/token"
    assert "mtls_endpoint_aliases" not in document(tls_house)


def test_there_are_no_pages_where_clients_show_certificates(native: House) -> None:
    client, natively = native.app.test_client(), {FOR_CLIENTS: True, CERTIFICATE: None}

    assert client.get("/help").status_code == 200
    for page in ("/help", "/account", "/authorize", "/static/style.css"):
        assert client.get(page, environ_overrides=natively).status_code == 404
    for path in ("/jwks", "/.well-known/openid-configuration", "/health"):
        assert client.get(path, environ_overrides=natively).status_code == 200


@pytest.mark.spec("RFC 8705 §2.1.1", "RFC 8705 §2.2.1")
def test_discovery_names_the_methods_where_they_are_on(
    make_house: Callable[..., House], tls_house: House, house: House
) -> None:
    def offered(where: House) -> set[str]:
        document = where.app.test_client().get("/.well-known/openid-configuration").get_json()
        return {m for m in document["token_endpoint_auth_methods_supported"] if m.endswith("tls_client_auth")}

    without_authority = make_house(trusted_proxies=("127.0.0.1",), client_certificates=True)

    assert offered(house) == set()
    assert offered(without_authority) == {"self_signed_tls_client_auth"}
    assert offered(tls_house) == {"self_signed_tls_client_auth", "tls_client_auth"}


@pytest.mark.spec("RFC 8705 §2.1.2")
@pytest.mark.parametrize(
    "wrong",
    [PKI, {**PKI, "tls_client_auth_subject_dn": SUBJECT, "tls_client_auth_san_dns": "rp.example"},
     {**PKI, "tls_client_auth_subject_dn": "rp.example"},
     {**PKI, "tls_client_auth_san_ip": "rp.example"}, SELF],
)  # fmt: skip
def test_registration_without_one_name_is_refused(house: House, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientMetadata):
        house.client(**wrong)


def test_unsafe_settings_do_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_ISSUER", ISSUER)
    monkeypatch.setenv("IDP_SECRET", SECRET)
    monkeypatch.setenv("IDP_CLIENT_CERTIFICATES", "true")

    with pytest.raises(Misconfigured, match="IDP_TRUSTED_PROXIES"):
        load()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"IDP_MTLS_PORT": "8443", "IDP_ISSUER": "http://localhost:8000"}, "IDP_MTLS_PORT"),
        ({"IDP_MTLS_ORIGIN": "https://mtls.id.example"}, "IDP_MTLS_ORIGIN"),
        ({"IDP_MTLS_ORIGIN": "https://mtls.id.example/x", "IDP_MTLS_PORT": "8443"}, "IDP_MTLS_ORIGIN"),
        ({"IDP_MTLS_ORIGIN": "http://localhost:1", "IDP_MTLS_PORT": "8443"}, "IDP_MTLS_ORIGIN"),
        ({"IDP_CLIENT_CA_FILE": "ca.pem"}, "IDP_CLIENT_CA_FILE"),
    ],
)
def test_certificates_that_nobody_would_see_do_not_start(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], named: str
) -> None:
    monkeypatch.setenv("IDP_ISSUER", "https://id.example")
    monkeypatch.setenv("IDP_SECRET", SECRET)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match=named):
        load()
