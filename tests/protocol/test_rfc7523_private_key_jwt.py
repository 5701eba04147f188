"""RFC 7523 and OIDC Core §9: clients that prove themselves by a signed assertion."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.kernel.errors import Unavailable
from idp.oidc.clients.assertion import ASSERTION_TYPE, TOKEN_PATH
from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.clients.proof_checks import ASSERTION_ALGORITHMS
from tests.assertions import Signer, a_key, a_signer, jwks, signed
from tests.house import House, Person, RelyingParty
from tests.proofs import Holder
from tests.protocol.acts import code_for

ASK = {"grant_type": "client_credentials", "scope": "reports"}


@pytest.fixture
def signer(house: House) -> Signer:
    return a_signer(house)


def refusal(response: TestResponse) -> str:
    assert response.status_code == 401, response.text
    assert response.get_json()["error"] == "invalid_client"
    assert "WWW-Authenticate" in response.headers
    description: str = response.get_json()["error_description"]
    return description


@pytest.mark.spec("OIDC Core 1.0 §9", "RFC 7523 §3", "RFC 9700 §2.5")
@pytest.mark.parametrize("alg", ASSERTION_ALGORITHMS)
def test_client_proves_itself_by_each_algorithm(house: House, alg: str) -> None:
    assert a_signer(house, alg=alg).post("/token", ASK).status_code == 200


@pytest.mark.spec("OIDC Core 1.0 §9")
def test_code_is_redeemed_with_an_assertion(signer: Signer, person: Person) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": code_for(signer.party, person),
        "redirect_uri": signer.party.redirect_uri,
        "code_verifier": signer.party.verifier,
    }

    response = signer.post("/token", form)

    assert response.status_code == 200
    assert "id_token" in response.get_json()


@pytest.mark.spec("Discovery 1.0 §3", "RFC 8414 §2")
def test_discovery_names_the_method_and_its_algorithms(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert "client_secret_jwt" not in document["token_endpoint_auth_methods_supported"]
    assert document["token_endpoint_auth_signing_alg_values_supported"] == list(ASSERTION_ALGORITHMS)
    assert document["token_endpoint"] == house.settings.issuer + TOKEN_PATH


@pytest.mark.spec("RFC 7523 §3 (3)")
def test_audience_may_be_the_issuer_or_the_token_endpoint(signer: Signer) -> None:
    issuer = signer.house.settings.issuer

    for aud in (issuer, f"{issuer}/token", [issuer], [issuer, f"{issuer}/token"]):
        assert signer.post("/token", ASK, signer.assertion(aud=aud)).status_code == 200


@pytest.mark.spec("RFC 7523 §3 (3)", "RFC 7521 §4.2.1", "RFC 7521 §5.2", "RFC 7523 §3.2", "RFC 8725 §3.9")
@pytest.mark.parametrize(
    "aud",
    [None, "", [], {}, 1, "https://other.example", "http://localhost:8000/", "http://localhost:8000/par",
     ["http://localhost:8000", "https://other.example"], [["http://localhost:8000"]]],
)  # fmt: skip
def test_assertion_for_somebody_else_is_refused(signer: Signer, aud: object) -> None:
    description = refusal(signer.post("/token", ASK, signer.assertion(aud=aud)))

    assert description == "client_assertion: aud: expected http://localhost:8000"


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")
def test_profile_clients_name_the_issuer_alone(house: House) -> None:
    signer = a_signer(house, profile="fapi2")
    issuer = house.settings.issuer
    dpop = {"DPoP": Holder(house).proof()}

    assert signer.post("/token", ASK, signer.assertion(aud=issuer), dpop).status_code == 200
    for aud in ([issuer], f"{issuer}/token", [issuer, f"{issuer}/token"]):
        assert "as one string" in refusal(signer.post("/token", ASK, signer.assertion(aud=aud)))


@pytest.mark.spec("FAPI 2.0 Security Profile §5.4.1")
def test_profile_clients_do_not_sign_with_rs256(house: House) -> None:
    signer = a_signer(house, alg="RS256", profile="fapi2")

    assert "alg: expected" in refusal(signer.post("/token", ASK))


@pytest.mark.spec("RFC 7523 §3 (1)", "RFC 7523 §3 (2)", "OIDC Core 1.0 §9", "RFC 7521 §5.2", "RFC 8725 §3.8")
@pytest.mark.parametrize("wrong", [{"iss": None}, {"sub": None}, {"iss": "another"}, {"sub": "another"},
                                   {"iss": "another", "sub": "another"}, {"sub": 1, "iss": 1}])  # fmt: skip
def test_issuer_and_subject_are_the_client(signer: Signer, wrong: dict[str, Any]) -> None:
    refusal(signer.post("/token", ASK, signer.assertion(**wrong)))


@pytest.mark.spec("RFC 7521 §4.2")
def test_client_id_beside_it_is_the_same(signer: Signer) -> None:
    assert signer.post("/token", {**ASK, "client_id": signer.client_id}).status_code == 200
    refusal(signer.post("/token", {**ASK, "client_id": "another"}))


@pytest.mark.spec("RFC 7523 §3 (4)", "OIDC Core 1.0 §9", "RFC 7521 §5.2")
@pytest.mark.parametrize("ahead", [None, -1, 0, 4000, "60", True, 10**17, -(10**17), {}])
def test_expiry_is_there_and_near(signer: Signer, ahead: Any) -> None:
    now = int(signer.house.clock().timestamp())
    exp = now + ahead if isinstance(ahead, int) and not isinstance(ahead, bool) else ahead

    assert "exp" in refusal(signer.post("/token", ASK, signer.assertion(exp=exp)))


@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1", "RFC 7523 §3")
@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_clock_a_little_ahead_is_forgiven_and_no_more(signer: Signer, name: str) -> None:
    now = int(signer.house.clock().timestamp())

    for ahead in (-3000, 0, 8, 10):
        assert signer.post("/token", ASK, signer.assertion(**{name: now + ahead})).status_code == 200
    for ahead in (61, 3600):
        assert name in refusal(signer.post("/token", ASK, signer.assertion(**{name: now + ahead})))


@pytest.mark.spec("RFC 7523 §3 (7)", "OIDC Core 1.0 §9")
@pytest.mark.parametrize("jti", [None, "", 1, ["a"]])
def test_jti_is_required(signer: Signer, jti: object) -> None:
    assert "jti" in refusal(signer.post("/token", ASK, signer.assertion(jti=jti)))


@pytest.mark.spec("OIDC Core 1.0 §9", "RFC 7523 §3")
def test_assertion_is_spent_once(signer: Signer) -> None:
    assertion = signer.assertion()

    assert signer.post("/token", ASK, assertion).status_code == 200
    assert "jti was used before" in refusal(signer.post("/token", ASK, assertion))
    signer.house.clock.advance(timedelta(seconds=59))
    assert "jti was used before" in refusal(signer.post("/token", ASK, assertion))


@pytest.mark.spec("RFC 7523 §3")
def test_of_parallel_uses_one_succeeds(signer: Signer) -> None:
    assertion = signer.assertion()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: signer.post("/token", ASK, assertion).status_code, range(8)))

    assert sorted(answers) == [200] + [401] * 7


def test_jti_is_each_clients_own(house: House, signer: Signer) -> None:
    other = a_signer(house, "other")

    assert signer.post("/token", ASK, signer.assertion(jti="same")).status_code == 200
    assert other.post("/token", ASK, other.assertion(jti="same")).status_code == 200


def test_refused_assertion_does_not_spend_anothers_jti(house: House, signer: Signer) -> None:
    claims = signer.claims(jti="guessed")

    refusal(signer.post("/token", ASK, signed(claims, a_key())))

    assert signer.post("/token", ASK, signed(claims, signer.key)).status_code == 200


def test_silent_memory_of_spent_assertions_refuses_all(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> int:
        raise Unavailable("ephemeral")

    monkeypatch.setattr(type(signer.house.provider.ephemeral), "increment", silent)

    assert signer.post("/token", ASK).status_code == 503


@pytest.mark.spec("RFC 7523 §3 (9)", "RFC 7521 §4.2.1", "RFC 7521 §5.2")
def test_foreign_signature_and_unknown_client_are_told_in_one_wording(house: House, signer: Signer) -> None:
    stranger = Signer(house, RelyingParty(house, "nobody", None, "private_key_jwt", ""), a_key())
    by_secret = Signer(house, house.client("by-secret"), a_key())

    forged = refusal(signer.post("/token", ASK, signed(signer.claims(), a_key())))

    assert forged == refusal(stranger.post("/token", ASK)) == refusal(by_secret.post("/token", ASK))


def test_kid_that_is_not_registered_is_named(signer: Signer) -> None:
    signer.header = {"kid": "two"}

    assert "kid and alg" in refusal(signer.post("/token", ASK))


def test_without_kid_the_only_key_is_taken(signer: Signer) -> None:
    signer.header = {"kid": None}

    assert signer.post("/token", ASK).status_code == 200


@pytest.mark.spec("OIDC Registration 1.0 §2 token_endpoint_auth_signing_alg")
def test_registered_algorithm_is_the_only_one(house: House) -> None:
    rsa = a_key("PS256")
    signer = a_signer(house, alg="PS256", key=rsa, token_endpoint_auth_signing_alg="PS256")

    assert signer.post("/token", ASK).status_code == 200
    signer.alg = "RS256"
    assert "alg: expected PS256" in refusal(signer.post("/token", ASK))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.spec("RFC 8725 §3.1", "RFC 7523 §3 (9)", "RFC 8725 §3.10")
@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "None"}, {"alg": "HS256"}, {"alg": "ES256", "crit": ["exp"]}, {"alg": "RS256K"},
     {"alg": "ES256", "jku": "https://evil.example"}, {"alg": "ES256", "jwk": {}},
     {"alg": "ES256", "zip": "DEF"}, {"alg": "ES256", "typ": "dpop+jwt"},
     {"alg": "ES256", "typ": "oauth-authz-req+jwt"},
     {"alg": ["ES256"]}, {}],
)  # fmt: skip
def test_dangerous_headers_are_refused(signer: Signer, header: dict[str, Any]) -> None:
    token = f"{encoded(header)}.{encoded(signer.claims())}.AAAA"

    refusal(signer.post("/token", ASK, token))


@pytest.mark.spec("RFC 7521 §4.2", "RFC 7523 §2.2")
@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c.d.e", "....", "%00", "é.é.é", "x" * 20000, "e30.e30.", "e30.W10.AA"],
)  # fmt: skip
def test_what_is_no_token_is_refused(signer: Signer, token: str) -> None:
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token, **ASK}

    refusal(signer.house.app.test_client().post("/token", data=form))


@pytest.mark.spec("RFC 7521 §4.2", "RFC 7523 §2.2")
def test_assertion_type_is_the_one(signer: Signer) -> None:
    for kind in ("", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt"):
        form = {"client_assertion_type": kind, "client_assertion": signer.assertion(), **ASK}
        refusal(signer.house.app.test_client().post("/token", data=form))


@pytest.mark.spec("RFC 6749 §2.3", "RFC 7521 §4.2")
def test_assertion_goes_with_no_other_proof(signer: Signer) -> None:
    response = signer.post("/token", {**ASK, "client_secret": "x"})

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("OIDC Core 1.0 §9")
def test_client_that_signs_cannot_come_by_name_or_secret(signer: Signer) -> None:
    for form in ({"client_id": signer.client_id}, {"client_id": signer.client_id, "client_secret": ""},
                 {"client_id": signer.client_id, "client_secret": "x"}):  # fmt: skip
        refusal(signer.house.app.test_client().post("/token", data={**ASK, **form}))


def test_client_that_signs_has_no_secret(signer: Signer) -> None:
    assert signer.party.secret is None


class Publisher(ThreadingHTTPServer):
    body: bytes = b'{"keys":[]}'
    status: int = 200
    asked: int = 0


class Publishing(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    server = Publisher(("127.0.0.1", 0), Publishing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def publishing(make_house: Callable[..., House], publisher: Publisher) -> Signer:
    """A client that publishes its keys, at a house that may ask loopback addresses."""
    house = make_house(outbound_allowed=("127.0.0.0/8",))
    signer = a_signer(house, jwks_uri=f"http://127.0.0.1:{publisher.server_port}/jwks")
    publisher.body = json.dumps(jwks(signer.key)).encode()
    return signer


@pytest.mark.spec("OIDC Core 1.0 §10.1.1")
def test_published_keys_are_fetched_once_and_again_for_a_new_kid(
    publishing: Signer, publisher: Publisher
) -> None:
    for _ in range(3):
        assert publishing.post("/token", ASK).status_code == 200
    assert publisher.asked == 1

    publishing.key = a_key(kid="two")
    publisher.body = json.dumps(jwks(publishing.key)).encode()

    assert publishing.post("/token", ASK).status_code == 200
    assert publisher.asked == 2


def test_invented_kids_do_not_make_us_ask_all_the_time(publishing: Signer, publisher: Publisher) -> None:
    assert publishing.post("/token", ASK).status_code == 200

    for number in range(5):
        publishing.header = {"kid": f"invented-{number}"}
        refusal(publishing.post("/token", ASK))

    assert publisher.asked == 2


def test_kept_keys_serve_while_their_address_does_not(publishing: Signer, publisher: Publisher) -> None:
    assert publishing.post("/token", ASK).status_code == 200
    publisher.status = 500
    publishing.header = {"kid": "other"}
    refusal(publishing.post("/token", ASK))

    publishing.header = {}

    assert publishing.post("/token", ASK).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys":1}', b"<html>", b'{"keys":[],"keys":[]}', b'{"keys":[1]}']
)
def test_what_is_no_key_set_is_refused(publishing: Signer, publisher: Publisher, body: bytes) -> None:
    publisher.body = body

    refusal(publishing.post("/token", ASK))


def test_private_addresses_are_not_asked_for_keys(house: House, publisher: Publisher) -> None:
    signer = a_signer(house, jwks_uri=f"http://127.0.0.1:{publisher.server_port}/jwks")

    assert "outbound_address_refused" in refusal(signer.post("/token", ASK))
    assert publisher.asked == 0


@pytest.mark.spec("RFC 7591 §2", "RFC 7591 §3.2.2", "OIDC Registration 1.0 §2")
@pytest.mark.parametrize(
    "wrong",
    [{"jwks": None}, {"jwks": {}}, {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
     {"jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}]}},
     {"jwks_uri": "https://rp.example/jwks"}, {"jwks": None, "jwks_uri": "ftp://rp.example"},
     {"jwks": None, "jwks_uri": "http://localhost.evil.example/jwks"},
     {"jwks": None, "jwks_uri": "http://127.0.0.1@evil.example/jwks"},
     {"jwks": None, "jwks_uri": "https://"}, {"jwks": None, "jwks_uri": "https://rp.example/jwks#one"},
     {"jwks": {"keys": [{"kty": "EC", "kid": "a"}, {"kty": "EC", "kid": "a"}]}},
     {"token_endpoint_auth_signing_alg": "HS256"}, {"token_endpoint_auth_signing_alg": "none"},
     {"token_endpoint_auth_signing_alg": "RS256", "profile": "fapi2"}],
)  # fmt: skip
def test_keys_that_could_not_work_are_not_registered(house: House, wrong: dict[str, Any]) -> None:
    details = {"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(a_key()), **wrong}

    with pytest.raises(InvalidClientMetadata):
        house.client("wrong", **details)
