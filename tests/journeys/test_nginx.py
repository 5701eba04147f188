"""nginx.conf as it is shipped, loaded into a real nginx, in front of two providers that are really served."""

import base64
import hashlib
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from joserfc import jwk

from idp.demo.cast import MTLS_SUBJECT
from idp.demo.tls import Certificates, make_certificates
from tests.assertions import jwks
from tests.bench.server import free_port
from tests.certificates import Held, a_certificate
from tests.demonstration import Codes, Surfer
from tests.house import RelyingParty
from tests.production import ALARM, CLIENTS, PEOPLE, Nginx, Production
from tests.servers import Postgres, Redis

OWN_TOKEN = {"grant_type": "client_credentials", "scope": "reports"}
METHODS = ("self_signed_tls_client_auth", "tls_client_auth")
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def certificates(folder: Path) -> Certificates:
    return make_certificates(folder / "tls")


@pytest.fixture(scope="module")
def production(
    folder: Path, certificates: Certificates, signing_keys: Path, postgres: Postgres, redis_server: Redis
) -> Iterator[Production]:
    redis_server.flush()
    name = postgres.create()
    production = Production(
        folder / "production", certificates, signing_keys, postgres.url(name), redis_server.url
    )
    yield production
    production.close()
    postgres.drop(name)


@dataclass(frozen=True, slots=True)
class Certified:
    """A client that proves itself by a certificate."""

    client_id: str
    held: Held

    @property
    def form(self) -> dict[str, str]:
        return OWN_TOKEN | {"client_id": self.client_id}


@pytest.fixture(scope="module")
def certified(production: Production, certificates: Certificates) -> dict[str, Certified]:
    """One for each method."""
    own, theirs = valid_now(), held(certificates)
    details: tuple[dict[str, Any], ...] = (
        {"jwks": jwks(jwk.ECKey.import_key(own.key.public_key()))},
        {"tls_client_auth_subject_dn": MTLS_SUBJECT},
    )
    for method, more in zip(METHODS, details, strict=True):
        known = {"token_endpoint_auth_method": method, "grant_types": ("client_credentials",)}
        bound = {"tls_client_certificate_bound_access_tokens": True}
        production.house.client(method, **known, **bound, **more)
    return {method: Certified(method, shown) for method, shown in zip(METHODS, (own, theirs), strict=True)}


@pytest.fixture(scope="module")
def back_end(production: Production) -> dict[str, str]:
    """What a client with a secret asks for a token of its own with."""
    details = {"token_endpoint_auth_method": "client_secret_post", "grant_types": ("client_credentials",)}
    party = production.house.client("back-end", **details)
    return OWN_TOKEN | {"client_id": party.client_id, "client_secret": party.secret or ""}


def valid_now() -> Held:
    return a_certificate(until=datetime.now(UTC) + timedelta(days=1))


def held(certificates: Certificates) -> Held:
    """The sample client's, whose authority the providers know."""
    key = load_pem_private_key(certificates.client.key.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return Held(load_pem_x509_certificate(certificates.client.certificate.read_bytes()), key)


def test_a_person_signs_in_through_it_and_its_log_tells_nothing(
    production: Production, certificates: Certificates
) -> None:
    rp, person = production.house.client(), production.house.person()
    told = {
        "issuer": production.issuer,
        "pages": {},
        "ca_file": str(certificates.authority),
        "accounts": {
            "her": {
                "username": person.username,
                "password": person.password,
                "totp_secret": person.totp_secret,
            }
        },
    }
    surfer = Surfer(told, Codes(told["accounts"]))  # type: ignore[arg-type]

    surfer.open(f"{production.issuer}/authorize?{urlencode(rp.request())}")
    surfer.sign_in("her")
    answer = surfer.answer
    tokens = redeemed(surfer, rp, answer["code"])
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = surfer.session.get(f"{production.issuer}/userinfo", headers=bearer, timeout=ALARM)

    assert answer["iss"] == production.issuer
    assert userinfo.json()["sub"]
    log = production.nginx.log.read_text(encoding="utf-8")
    assert '"POST /token" 200' in log
    assert not any(word in log for word in ("?", answer["code"], person.username, tokens["access_token"]))


def redeemed(surfer: Surfer, rp: RelyingParty, code: str) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": rp.redirect_uri}
    tokens: dict[str, str] = surfer.session.post(
        f"{surfer.told['issuer']}/token",
        form | {"code_verifier": rp.verifier},
        auth=(rp.client_id, rp.secret or ""),
        timeout=ALARM,
    ).json()
    return tokens


@pytest.mark.spec("RFC 8705 §2.1", "RFC 8705 §2.2", "RFC 8705 §3.1")
@pytest.mark.parametrize("method", METHODS)
def test_a_certificate_proves_its_client_and_binds_its_token(
    production: Production, certified: dict[str, Certified], method: str
) -> None:
    client = certified[method]

    given = production.nginx.ask(CLIENTS, "/token", client.form, held=client.held).json
    form = {"token": given["access_token"], "client_id": client.client_id}
    told = production.nginx.ask(CLIENTS, "/introspect", form, held=client.held).json

    digest = hashlib.sha256(client.held.der).digest()
    assert told["cnf"] == {"x5t#S256": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}


@pytest.mark.spec("RFC 9440 §4")
@pytest.mark.parametrize("name", [PEOPLE, CLIENTS])
def test_a_certificate_that_a_header_tells_of_proves_nobody(
    production: Production, certified: dict[str, Certified], name: str
) -> None:
    for client in certified.values():
        forged = client.held.header | {"Client_Cert": client.held.header["Client-Cert"]}
        for shown in (None, valid_now()):
            told = production.nginx.ask(name, "/token", client.form, headers=forged, held=shown)

            assert (told.status, told.json["error"]) == (401, "invalid_client")


def test_where_people_come_in_no_certificate_is_asked_for(
    production: Production, certified: dict[str, Certified]
) -> None:
    client = certified["tls_client_auth"]

    assert production.nginx.ask(PEOPLE, "/token", client.form, held=client.held).status == 401


def test_where_clients_come_in_is_what_discovery_says_and_no_page(production: Production) -> None:
    aliases = production.nginx.ask(PEOPLE, "/.well-known/openid-configuration").json["mtls_endpoint_aliases"]

    for address in aliases.values():
        told = production.nginx.ask(CLIENTS, address.removeprefix(f"https://{CLIENTS}"), {"a": "b"})
        assert told.status in (400, 401, 415), address
        assert told.json["error"]
    for page in ("/", "/authorize", "/account", "/token/", "/static/style.css"):
        assert production.nginx.ask(CLIENTS, page).status == 404


def test_a_certificate_is_shown_in_every_connection(
    production: Production, certified: dict[str, Certified]
) -> None:
    context = production.nginx.context(CLIENTS, certified["tls_client_auth"].held)
    with production.nginx.connect(CLIENTS, context) as first:
        first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while first.recv(LIMIT):
            pass
        session = first.session

    for name in (CLIENTS, PEOPLE):
        with production.nginx.connect(name, context, session=session) as again:
            assert not again.session_reused


def test_a_callers_address_is_where_the_connection_comes_from(
    production: Production, back_end: dict[str, str]
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}

    for name, address in ((PEOPLE, "127.0.0.2"), (CLIENTS, "127.0.0.3")):
        told = production.nginx.ask(name, "/token", back_end, headers=forged, source=address)
        assert told.status == 200

    addresses = {line.get("address") for line in production.logged()}
    assert {"127.0.0.2", "127.0.0.3"} <= addresses
    assert "203.0.113.9" not in addresses


class Echo(BaseHTTPRequestHandler):
    """Answers with the head of each request, and remembers which came when."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        length = len(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"headers": self.headers.items(), "length": length}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(*HSTS)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """The paths that the echo was asked, in their order."""
    return []


@pytest.fixture(scope="module")
def echoing(folder: Path, certificates: Certificates, asked: list[str]) -> Iterator[Nginx]:
    """nginx in front of a server that tells what it was asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    server.asked = asked  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever)
    thread.start()
    twice = (server.server_port, server.server_port)
    with Nginx(folder / "echoing", certificates, free_port(), twice) as nginx:
        yield nginx
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.spec("RFC 9440 §4")
@pytest.mark.parametrize("name", [PEOPLE, CLIENTS])
def test_what_a_caller_says_of_the_connection_is_dropped(echoing: Nginx, name: str) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "Forwarded": "for=203.0.113.9;host=evil.example",
        "Client-Cert": ":AAAA:",
        "Client_Cert": ":AAAA:",
        "X_Forwarded_For": "203.0.113.9",
    }

    told = echoing.ask(name, "/token", {"a": "b"}, headers=forged, source="127.0.0.2")

    heard = {key.lower(): value for key, value in told.json["headers"]}
    assert (heard["x-forwarded-for"], heard["x-forwarded-proto"], heard["host"]) == (
        "127.0.0.2",
        "https",
        name,
    )
    assert not {"forwarded", "client-cert", "client_cert", "x_forwarded_for"} & set(heard)
    assert told.headers.count(HSTS) == 1


def test_a_body_past_the_limit_is_refused_and_one_within_it_arrives_whole(
    echoing: Nginx, asked: list[str]
) -> None:
    assert echoing.ask(PEOPLE, "/within", {"a": "b" * (LIMIT - 2)}).json["length"] == LIMIT
    assert echoing.ask(PEOPLE, "/told", {"a": "b" * (LIMIT - 1)}).status == 413
    with echoing.connect(PEOPLE) as connection:
        connection.sendall(
            b"POST /chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n"
        )
        connection.sendall(b"b" * (LIMIT + 1) + b"\r\n0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")

    assert "/within" in asked
    assert not {"/told", "/chunked"} & set(asked)


def test_a_provider_hears_of_a_request_once_its_body_is_there(echoing: Nginx, asked: list[str]) -> None:
    with echoing.connect(PEOPLE) as slow:
        slow.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ")
        echoing.ask(PEOPLE, "/quick", {"a": "b"})
        slow.sendall(b"of it")

        assert slow.recv(100).startswith(b"HTTP/1.1 200")

    assert asked[-2:] == ["/quick", "/slow"]


def test_http_2_is_spoken_over_good_ciphers_only(echoing: Nginx) -> None:
    context = echoing.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with echoing.connect(PEOPLE, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-CHACHA20-POLY1305")

    with pytest.raises(ssl.SSLError):
        echoing.connect(PEOPLE, context)


def test_where_no_provider_answers_people_are_told_in_both_languages(
    folder: Path, certificates: Certificates
) -> None:
    with Nginx(folder / "alone", certificates, free_port(), (free_port(), free_port())) as nginx:
        told = nginx.ask(PEOPLE, "/authorize")

    assert (told.status, dict(told.headers)["Retry-After"]) == (503, "60")
    assert "Xin đợi một phút" in told.body.decode()
    assert "Please wait a minute" in told.body.decode()
    assert told.headers.count(HSTS) == 1


def test_while_one_provider_is_gone_the_other_answers(
    production: Production, back_end: dict[str, str]
) -> None:
    """The last of all: that provider does not come back."""
    for _ in range(2):  # so that connections to both are kept
        assert production.nginx.ask(PEOPLE, "/token", back_end).status == 200

    production.providers[0].stop()

    assert [production.nginx.ask(PEOPLE, "/token", back_end).status for _ in range(6)] == [200] * 6
