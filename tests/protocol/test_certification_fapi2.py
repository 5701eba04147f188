"""FAPI 2.0 Security Profile and Message Signing: what OpenID's plans for providers send, and expect.

Each test plays the modules that its marks name, with the variants that the module knows, at one house that
has registered all of their clients.
"""

import json
import re
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.test import TestResponse

from idp.cli.clients import read_registration
from tests.assertions import signed
from tests.certificates import Held, an_authority
from tests.certified import MINUTE, Certified, Variant, a_certified
from tests.house import House, Person, TestClock
from tests.proofs import Holder, encoded
from tests.protocol.acts import is_page, refused, signed_in
from tests.specifications import ROOT, marks

AUTH, BOUND = ("private_key_jwt", "mtls"), ("dpop", "mtls")
# Every way to prove oneself with every way to bind, sign and answer; every other one is plain OAuth.
ALL = [
    Variant(*parts, is_openid=sum(map(str(parts).count, ("mtls", "True"))) % 2 == 0)
    for parts in product(AUTH, BOUND, (False, True), (False, True))
]
# Each value beside each other one.
SOME = [
    Variant("private_key_jwt", "dpop", is_signed=False, is_jarm=False, is_openid=True),
    Variant("private_key_jwt", "mtls", is_signed=True, is_jarm=True, is_openid=True),
    Variant("mtls", "dpop", is_signed=True, is_jarm=False, is_openid=False),
    Variant("mtls", "mtls", is_signed=False, is_jarm=True, is_openid=False),
]
LETTERS = {chr(c) for c in range(0x20, 0x7F)} - {'"', "\\"}
AT_RESOURCE = "/simulator/resource"
PAGE = ROOT / "docs/conformance.md"
NONE = encoded(b'{"alg":"none"}')

Pair = tuple[Certified, Certified]


def variants(*chosen: Variant) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pair", chosen or SOME, ids=lambda one: one.name, indirect=True)


def those(test: Callable[[Variant], bool]) -> pytest.MarkDecorator:
    return variants(*filter(test, SOME))


with_dpop = those(lambda one: one.bound == "dpop")
with_jwt = those(lambda one: one.auth == "private_key_jwt")
with_objects = those(lambda one: one.is_signed)
with_openid = those(lambda one: one.is_openid)


@pytest.fixture(scope="module")
def authority() -> Held:
    return an_authority()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, signing_keys: Path, authority: Held) -> Iterator[House]:
    """One provider for the whole run, behind a proxy that hands certificates on."""
    folder = tmp_path_factory.mktemp("suite")
    file = folder / "ca.pem"
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    house = House(
        folder, signing_keys, TestClock(), is_simulator=True,
        trusted_proxies=("127.0.0.1",), client_certificates=True, client_ca_file=file,
    )  # fmt: skip
    yield house
    house.close()


@pytest.fixture(scope="module")
def somebody(suite: House) -> Person:
    return suite.person()


@pytest.fixture(scope="module")
def registered(suite: House, authority: Held) -> Callable[[Variant], Pair]:
    known: dict[Variant, Pair] = {}

    def clients(variant: Variant) -> Pair:
        if variant not in known:
            made = [a_certified(suite, variant, number, authority) for number in (1, 2)]
            known[variant] = (made[0], made[1])
        return known[variant]

    return clients


@pytest.fixture
def pair(request: pytest.FixtureRequest, registered: Callable[[Variant], Pair]) -> Pair:
    """The two clients of a variant."""
    return registered(request.param)


def is_refused_when_pushed(client: Certified, form: dict[str, str], *errors: str) -> None:
    """Hold that what cannot be asked is refused where it is pushed."""
    response = client.push(form)

    assert response.status_code == 400, response.text
    assert response.get_json()["error"] in errors


def is_told(response: TestResponse, *errors: str, status: int = 400) -> None:
    """Hold a refusal of the token endpoint to RFC 6749 §5.2, members that the suite looks at included."""
    body = response.get_json()
    assert (response.status_code, body["error"] in errors) == (status, True), body
    assert set(body["error_description"]) <= LETTERS
    assert set(body) == {"error", "error_description", "error_uri"}


# ---- discovery -------------------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §discovery-end-point-verification")
@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_discovery_offers_what_every_variant_needs(suite: House, name: str) -> None:
    response = suite.app.test_client().get(f"/.well-known/{name}")
    told = response.get_json()

    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert told["issuer"] == suite.settings.issuer
    assert "code" in told["response_types_supported"]
    assert "jwt" in told["response_modes_supported"]
    for kind in ("signing_alg", "encryption_alg", "encryption_enc"):
        assert told[f"authorization_{kind}_values_supported"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert isinstance(told["require_pushed_authorization_requests"], bool)
    assert told["pushed_authorization_request_endpoint"].startswith(told["issuer"])
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert "S256" in told["code_challenge_methods_supported"]
    assert {"private_key_jwt", "tls_client_auth"} <= set(told["token_endpoint_auth_methods_supported"])
    assert {"openid", "profile", "offline_access"} <= set(told["scopes_supported"])
    for member in ("dpop", "id_token", "token_endpoint_auth", "userinfo", "request_object"):
        assert {"PS256", "ES256"} <= set(told[f"{member}_signing_alg_values_supported"])


# ---- well-behaved clients --------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §happy-flow")
@variants(*ALL)
def test_two_clients_sign_somebody_in_and_neither_can_use_the_others_token(
    pair: Pair, somebody: Person
) -> None:
    first, second = pair
    tokens = first.tokens(somebody)
    interaction = {"x-fapi-interaction-id": secrets.token_hex(16)}
    at_first = first.resource(tokens["access_token"], interaction)

    assert at_first.status_code == 200
    assert at_first.headers["x-fapi-interaction-id"] == interaction["x-fapi-interaction-id"]
    for accepted in ("application/json; charset=utf-8", "*/*", "application/json;q=0.9, text/html"):
        assert first.resource(tokens["access_token"], {"Accept": accepted}).status_code == 200
    in_query = first.house.app.test_client().get(f"{AT_RESOURCE}?access_token={tokens['access_token']}")
    assert 400 <= in_query.status_code < 500

    # The second names its key by dpop_jkt alone and repeats its parameters beside the reference.
    more = {"dpop_jkt": second.holder.jkt} if second.is_dpop else {}
    beside = second.request(state="q" * 128, nonce=None, **more)
    reference = second.pushed(second.carried(state="q" * 128, **more))
    answer = second.allowed(somebody, {**beside, **reference})
    assert answer["state"] == "q" * 128
    theirs = second.token(second.redemption(answer["code"])).get_json()["access_token"]

    assert second.resource(theirs).status_code == 200
    assert first.resource(theirs).status_code == 401


@pytest.mark.spec("FAPI 2.0 plans §happy-flow")
@variants()
def test_tokens_have_what_the_suite_looks_at(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    code, tokens = client.code(somebody), client.tokens(somebody)

    assert min(map(len, (code, tokens["access_token"], tokens["refresh_token"]))) >= 43
    assert tokens["token_type"] == ("DPoP" if client.is_dpop else "Bearer")
    assert isinstance(tokens["expires_in"], int)
    assert ("id_token" in tokens) is client.variant.is_openid
    if not client.variant.is_openid:
        return
    header, claims = client.house.id_token(tokens["id_token"])
    assert header["alg"] in ("PS256", "ES256")
    assert header["kid"]
    assert (claims["aud"], claims["nonce"]) == (client.client_id, "n" * 16)
    # All that nobody asked for: the session, for sign-outs, and how sure we are of the person.
    asked_for = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash"}
    assert set(claims) - asked_for == {"sid", "account_level"}


@pytest.mark.spec("FAPI 2.0 plans §user-rejects-authentication")
@variants()
def test_refusal_goes_back_with_state_and_issuer_and_nothing_strange(pair: Pair, somebody: Person) -> None:
    for client in pair:
        at_sign_in, at_consent = client.house.browser(), signed_in(client.house, somebody)
        at_sign_in.open("/authorize", client.pushed(client.carried(state="d" * 128)))
        at_sign_in.submit({}, "cancel")
        at_consent.open("/authorize", client.pushed(client.carried(state="d" * 128, prompt="consent")))
        at_consent.submit({}, "consent-deny")

        for browser in (at_sign_in, at_consent):
            answer = client.answer(browser)
            assert (answer.pop("error"), answer.pop("state")) == ("access_denied", "d" * 128)
            assert set(answer) <= {"error_description", "error_uri", "session_state"}
            assert ("dummy1=lorem&dummy2=ipsum" in (browser.location or "")) is (client is pair[1])


@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-with-multiple-aud-succeeds")
@with_objects
def test_object_for_us_among_others_is_taken(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    audience = [client.house.settings.issuer, "https://other.example"]

    assert client.code(somebody, client.pushed({"request": client.enclosed(client.request(), aud=audience)}))


@pytest.mark.spec("FAPI 2.0 plans §ensure-authorization-request-without-state-success")
@pytest.mark.spec("FAPI 2.0 plans §state-only-outside-request-object-not-used")
@pytest.mark.spec("FAPI 2.0 plans §ensure-different-state-inside-and-outside-request-object")
@variants()
@pytest.mark.parametrize(("inside", "outside"), [(None, None), (None, "o" * 10), ("i" * 10, "o" * 10)])
def test_state_is_the_pushed_one_whatever_stands_beside(
    pair: Pair, somebody: Person, inside: str | None, outside: str | None
) -> None:
    client = pair[0]
    reference = client.pushed(client.carried(state=inside))
    beside = {"state": outside} if outside else {}

    answer = client.allowed(somebody, {**reference, **beside})

    assert answer.get("state") == inside
    assert client.token(client.redemption(answer["code"])).status_code == 200


@pytest.mark.spec("FAPI 2.0 plans §ensure-authorization-request-without-nonce-success")
@pytest.mark.spec("FAPI 2.0 plans §ensure-authorization-request-with-64-char-nonce-success")
@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.2")
@pytest.mark.spec("FAPI 2.0 plans §ensure-different-nonce-inside-and-outside-request-object")
@pytest.mark.spec("FAPI 2.0 plans §ensure-authorization-request-with-long-nonce")
@with_openid
@pytest.mark.parametrize("length", [0, 10, 64, 384, 2048])
def test_nonce_is_the_pushed_one_of_any_length(pair: Pair, somebody: Person, length: int) -> None:
    client = pair[0]
    nonce = "n" * length or None
    reference = client.pushed(client.carried(nonce=nonce))

    tokens = client.tokens(somebody, {**reference, "nonce": "another"})

    assert client.house.id_token(tokens["id_token"])[1].get("nonce") == nonce


@pytest.mark.spec("FAPI 2.0 plans §ensure-authorization-request-with-long-state")
@variants()
def test_long_state_comes_back_whole(pair: Pair, somebody: Person) -> None:
    client, state = pair[0], secrets.token_urlsafe(750)[:1000]

    assert client.allowed(somebody, client.pushed(client.carried(state=state)))["state"] == state


@pytest.mark.spec("FAPI 2.0 plans §ensure-other-scope-order-succeeds")
@with_openid
def test_scopes_come_in_any_order(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    turned = " ".join(reversed(client.scope.split()))

    assert client.tokens(somebody, client.pushed(client.carried(scope=turned)))["id_token"]


@pytest.mark.spec("FAPI 2.0 plans §test-claims-parameter-identity-claims")
@with_openid
def test_claims_asked_for_by_name_come_and_unknown_ones_are_passed_over(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    told = client.house.app.test_client().get("/.well-known/openid-configuration").get_json()
    names = {"name", "given_name", "family_name", "gender", "birthdate", "locale", "zoneinfo", "updated_at"}
    assert names <= set(told["claims_supported"])
    asked = {**dict.fromkeys(names), "horoscope": {"essential": True}}
    claims = {"id_token": asked, "userinfo": asked}
    # A request object holds an object, a form its text.
    parameter = claims if client.variant.is_signed else json.dumps(claims)

    tokens = client.tokens(somebody, client.pushed(client.carried(claims=parameter)))

    told = client.resource(tokens["access_token"]).get_json()
    assert names <= set(told) | set(client.house.id_token(tokens["id_token"])[1])
    assert "horoscope" not in told


@pytest.mark.spec("FAPI 2.0 plans §access-token-type-header-case-sensitivity")
@variants()
@pytest.mark.parametrize("written", [str.lower, str.upper, str.title])
def test_scheme_of_the_token_is_written_in_any_case(
    pair: Pair, somebody: Person, written: Callable[[str], str]
) -> None:
    client = pair[0]
    token = client.tokens(somebody)["access_token"]
    scheme = written("dpop" if client.is_dpop else "bearer")

    assert client.resource(token, {"Authorization": f"{scheme} {token}"}).status_code == 200


@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted")
@with_objects
def test_clock_of_the_client_may_be_a_little_ahead(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    for ahead in (8, 10):
        early = client.enclosed(client.request(), nbf=client.now + ahead, iat=client.now + ahead)

        assert client.code(somebody, client.pushed({"request": early}))


# ---- DPoP ------------------------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §check-dpop-proof-nbf-exp")
@pytest.mark.spec("FAPI 2.0 plans §ensure-dpopproof-with-iat-10seconds-before-succeeds")
@pytest.mark.spec("FAPI 2.0 plans §ensure-dpopproof-with-iat-10seconds-after-succeeds")
@with_dpop
@pytest.mark.parametrize("claims", [{"nbf": 0, "exp": 300}, {"iat": -10}, {"iat": 10}])
def test_proof_of_a_client_whose_clock_differs_is_taken(
    pair: Pair, somebody: Person, claims: dict[str, int]
) -> None:
    client = pair[0]
    told = {name: client.now + value for name, value in claims.items()}

    tokens = client.token(client.redemption(client.code(somebody)), proof=told)

    assert tokens.status_code == 200
    assert client.resource(tokens.get_json()["access_token"], **told).status_code == 200


@pytest.mark.spec("FAPI 2.0 plans §ensure-mismatched-dpop-jkt-fails")
@with_dpop
def test_key_pushed_by_name_is_that_of_the_proof_beside(pair: Pair) -> None:
    client = pair[0]
    form = client.carried(dpop_jkt=Holder(client.house).jkt)

    response = client.push(form, DPoP=client.holder.proof("/par"))

    assert response.get_json()["error"] in ("invalid_request", "invalid_dpop_proof")
    assert response.status_code == 400


@pytest.mark.spec("FAPI 2.0 plans §ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt")
@pytest.mark.spec("FAPI 2.0 plans §ensure-token-endpoint-fails-with-mismatched-dpop-jkt")
@pytest.mark.spec("FAPI 2.0 plans §ensure-dpopproof-at-par-endpoint-binding-success")
@pytest.mark.spec("FAPI 2.0 plans §ensure-dpop-auth-code-binding-success")
@with_dpop
@pytest.mark.parametrize("by_proof", [True, False], ids=["proof", "dpop_jkt"])
def test_code_is_bound_to_the_key_that_was_pushed(pair: Pair, somebody: Person, by_proof: bool) -> None:
    client, other = pair[0], Holder(pair[0].house)

    def code(holder: Holder) -> str:
        if by_proof:
            return client.code(somebody, client.pushed(DPoP=holder.proof("/par")))
        return client.code(somebody, client.pushed(client.carried(dpop_jkt=holder.jkt)))

    assert client.token(client.redemption(code(client.holder))).status_code == 200
    is_told(
        client.token(client.redemption(code(other))),
        "invalid_request", "invalid_grant", "invalid_dpop_proof",
    )  # fmt: skip


def cut(proof: str, **header: Any) -> str:
    """A proof whose header says something else than when it was signed."""
    _, claims, signature = proof.split(".")
    return ".".join((encoded(json.dumps(header).encode()), claims, signature))


def bad_proofs(client: Certified, token: str, proof: Callable[..., str]) -> dict[str, str | None]:
    """Each wrong in one way, as its name says."""
    holder, now, issuer = client.holder, client.now, client.house.settings.issuer
    public = holder.key.as_dict(private=False)
    return {
        "two": f"{proof()}, {proof()}",
        "no JWT": proof().replace(".", "", 1),
        "no typ": proof(header={"typ": None}),
        "no alg": cut(proof(), typ="dpop+jwt", jwk=public),
        "no jwk": proof(header={"jwk": None}),
        **{f"no {claim}": proof(**{claim: None}) for claim in ("jti", "htm", "htu", "iat")},
        "no ath": proof(token=None),
        "another typ": proof(header={"typ": "JWT"}),
        "RS256": cut(proof(), typ="dpop+jwt", alg="RS256", jwk=public),
        "alg none": cut(proof(), typ="dpop+jwt", alg="none", jwk=public).rpartition(".")[0] + ".",
        "another signature": proof()[:-8] + "AAAAAAAA",
        "private key": proof(header={"jwk": holder.key.as_dict(private=True)}),
        "another method": proof(htm="PUT"),
        "another address": proof(htu=f"{issuer}/userinfo"),
        "an hour ahead": proof(iat=now + 3600),
        "an hour ago": proof(iat=now - 3600),
        "another ath": proof(ath="x" * 43),
        "another key": Holder(client.house, holder.alg).proof(AT_RESOURCE, "GET", token=token),
        "no proof": None,
    }


@pytest.mark.spec("FAPI 2.0 plans §dpop-negative-tests")
@with_dpop
def test_resource_takes_good_proofs_only_and_each_once(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    token, issuer = client.tokens(somebody)["access_token"], client.house.settings.issuer

    def proof(**claims: Any) -> str:
        return client.holder.proof(AT_RESOURCE, "GET", **({"token": token} | claims))

    good = {
        "query and fragment": proof(htu=f"{issuer}{AT_RESOURCE}?x=1#y"),
        "case": proof(htu=issuer.upper() + AT_RESOURCE),
        "more members": proof(header={"more": "x"}, more="x"),
        "as usual": proof(),
    }

    for name, sent in bad_proofs(client, token, proof).items():
        answer = client.resource(token, {"DPoP": sent})
        assert answer.status_code == 401, name
        assert answer.headers["WWW-Authenticate"].startswith("DPoP "), name
    bearer = client.resource(token, {"DPoP": None, "Authorization": f"Bearer {token}"})
    assert bearer.status_code == 401
    for name, sent in good.items():
        assert client.resource(token, {"DPoP": sent}).status_code == 200, name
        assert client.resource(token, {"DPoP": sent}).status_code == 401, f"{name}, again"
    assert client.resource(token, {"DPoP": None, "DPOP": proof()}).status_code == 200


# ---- request objects -------------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-without-exp-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-without-nbf-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-expired-request-object-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-with-exp-over-60-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-with-nbf-over-60-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-with-bad-aud-fails")
@pytest.mark.spec("FAPI 2.0 plans §par-authorization-request-containing-request_uri")
@with_objects
@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"nbf": None},
        {"exp": -5 * MINUTE},
        {"exp": 70 * MINUTE},
        {"nbf": -70 * MINUTE},
        {"aud": "https://other.example"},
        {"aud": None},
        {"request_uri": "urn:ietf:params:oauth:request_uri:made-up"},
    ],
    ids=str,
)
def test_object_out_of_order_is_refused_as_such(pair: Pair, claims: dict[str, Any]) -> None:
    client = pair[0]
    told = {n: client.now + v if isinstance(v, int) else v for n, v in claims.items()}

    is_refused_when_pushed(
        client, {"request": client.enclosed(client.request(), **told)}, "invalid_request_object"
    )


@pytest.mark.spec("FAPI 2.0 plans §ensure-signed-request-object-with-RS256-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-signature-algorithm-is-not-none")
@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-with-invalid-signature-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-matching-key-in-authorization-request")
@with_objects
def test_object_that_the_client_did_not_sign_well_is_refused(pair: Pair) -> None:
    client, other = pair
    good = client.enclosed(client.request())
    unsigned = f"{NONE}.{good.split('.')[1]}."
    header = {"key": other.key, "alg": other.alg}
    objects = [
        client.enclosed(client.request(), {"alg": "RS256"}),
        unsigned,
        good[:-8] + "AAAAAAAA",
        client.enclosed(client.request(), header),
        client.enclosed(client.request(), {**header, "kid": client.key.kid}),
    ]

    for token in objects:
        is_refused_when_pushed(client, {"request": token}, "invalid_request_object")


@pytest.mark.spec("FAPI 2.0 plans §ensure-unsigned-request-at-par-endpoint-fails")
@with_objects
def test_unsigned_request_of_a_client_that_signs_is_refused(pair: Pair) -> None:
    is_refused_when_pushed(pair[0], pair[0].request(), "invalid_request")


# ---- authorization requests ------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §ensure-request-object-without-redirect-uri-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-redirect-uri-in-authorization-request")
@pytest.mark.spec("FAPI 2.0 plans §plain-fapi-tolerate-unregistered-redirect-uri")
@pytest.mark.spec("FAPI 2.0 plans §par-ensure-pkce-required")
@pytest.mark.spec("FAPI 2.0 plans §par-plain-pkce-rejected")
@variants()
@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": None},
        {"redirect_uri": "https://suite.example/callback/unregistered"},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "v" * 43, "code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ],
    ids=str,
)
def test_request_that_lacks_what_the_profile_needs_is_refused(pair: Pair, changes: dict[str, Any]) -> None:
    is_refused_when_pushed(pair[0], pair[0].carried(**changes), "invalid_request")


@pytest.mark.spec("FAPI 2.0 plans §ensure-response-type-code-idtoken-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-response-type-token-fails")
@variants()
@pytest.mark.parametrize("asked", ["code id_token", "token"])
def test_only_codes_are_given_to_browsers(pair: Pair, asked: str) -> None:
    is_refused_when_pushed(pair[0], pair[0].carried(response_type=asked), "unsupported_response_type")


@pytest.mark.spec("FAPI 2.0 plans §ensure-unsigned-authorization-request-without-using-par-fails")
@variants()
def test_request_that_was_not_pushed_goes_back_as_invalid(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    browser = signed_in(client.house, somebody)

    browser.open("/authorize", client.request())

    answer = client.answer(browser)
    assert (answer["error"], answer["state"]) == ("invalid_request", "s" * 16)
    assert set(answer) == {"error", "error_description", "error_uri", "state"}


# ---- pushed requests -------------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §par-ensure-reused-request-uri-prior-to-auth-completion-succeeds")
@pytest.mark.spec("FAPI 2.0 plans §par-attempt-reuse-request_uri")
@pytest.mark.spec("FAPI 2.0 plans §par-without-duplicate-parameters")
@variants()
def test_reference_opens_the_page_again_until_it_is_answered(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    reference, browser = client.pushed(), client.house.browser()
    for _ in range(2):
        browser.open("/authorize", reference)

    browser.finish(somebody)
    assert "code" in client.answer(browser)
    browser.open("/authorize", reference)

    is_page(browser.shown)


@pytest.mark.spec("FAPI 2.0 plans §par-attempt-to-use-expired-request_uri")
@pytest.mark.spec("FAPI 2.0 plans §par-attempt-to-use-request_uri-for-different-client")
@variants()
def test_reference_is_its_clients_and_ends(pair: Pair) -> None:
    client, other = pair
    browser = client.house.browser()

    browser.open("/authorize", {**client.pushed(), "client_id": other.client_id})
    is_page(browser.shown)
    reference = client.pushed()
    client.house.clock.advance(timedelta(seconds=91))
    browser.open("/authorize", reference)

    is_page(browser.shown)


@pytest.mark.spec("FAPI 2.0 plans §par-authorization-request-containing-request_uri-form-param")
@pytest.mark.spec("FAPI 2.0 plans §par-attempt-invalid-http-method")
@variants()
def test_endpoint_takes_no_reference_and_no_other_method(pair: Pair) -> None:
    client = pair[0]

    is_refused_when_pushed(client, {**client.carried(), "request_uri": "urn:made-up"}, "invalid_request")
    form = client.proven(client.carried())
    assert client.house.app.test_client().put("/par", data=form, headers=client.shown()).status_code == 405


# ---- client assertions -----------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted")
@with_jwt
def test_assertion_from_a_clock_a_little_ahead_is_taken(pair: Pair) -> None:
    for ahead in (8, 10):
        then = pair[0].now + ahead
        assert pair[0].push(assertion={"iat": then, "nbf": then, "exp": then + MINUTE}).status_code == 201


@pytest.mark.spec("FAPI 2.0 plans §par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails")
@pytest.mark.spec("FAPI 2.0 plans §par-test-array-as-audience-fails")
@pytest.mark.spec("FAPI 2.0 plans §par-test-par-endpoint-url-as-audience-fails")
@pytest.mark.spec("FAPI 2.0 plans §par-test-token-endpoint-url-as-audience-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-client-assertion-with-exp-is-5-minutes-in-past-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-client-assertion-with-wrong-aud-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-client-assertion-with-no-sub-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-invalid-client-assertions-fail")
@with_jwt
def test_assertion_out_of_order_proves_nobody(pair: Pair) -> None:
    client, issuer = pair[0], pair[0].house.settings.issuer
    late = client.now + 70
    bad: list[dict[str, Any]] = [
        {"iat": late, "nbf": late, "exp": late + MINUTE},
        {"aud": [issuer, "https://other.example"]},
        {"aud": [issuer]},
        {"aud": f"{issuer}/par"},
        {"aud": f"{issuer}/token"},
        {"aud": "https://other.example"},
        {"exp": client.now - 5 * MINUTE},
        {"sub": None},
        {"sub": pair[1].client_id},
        {"iss": None},
        {"iss": pair[1].client_id},
        {"aud": None},
    ]

    for claims in bad:
        assert refused(client.push(assertion=claims), "invalid_client", 401), claims
        is_told(client.token(client.redemption("x"), **claims), "invalid_client", status=401)


@pytest.mark.spec("FAPI 2.0 plans §ensure-invalid-client-assertions-fail")
@with_jwt
def test_assertion_must_be_called_one_and_be_signed(pair: Pair) -> None:
    client = pair[0]
    good = client.proven(client.carried())
    claims = good["client_assertion"].split(".")[1]
    bad: list[dict[str, str]] = [
        {"client_assertion_type": ""},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion": ""},
        {"client_assertion": f"{NONE}.{claims}."},
        {"client_assertion": good["client_assertion"][:-8] + "AAAAAAAA"},
    ]

    for changes in bad:
        assert refused(client.send("/par", good | changes), "invalid_client", 401), changes
    assert client.send("/par", good).status_code == 201


@pytest.mark.spec("FAPI 2.0 plans §ensure-signed-client-assertion-with-RS256-fails")
@pytest.mark.spec("FAPI 2.0 plans §ensure-client-assertion-in-token-endpoint")
@with_jwt
def test_client_proves_itself_by_ps256_or_not_at_all(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    form, headers = client.redemption(client.code(somebody)), client.shown()
    if client.is_dpop:
        headers["DPoP"] = client.holder.proof()
    good = client.proven({})
    claims = json.loads(_decoded(good["client_assertion"].split(".")[1]))
    rs256 = {**good, "client_assertion": signed(claims, client.key, "RS256")}

    is_told(client.send("/token", {**form, **rs256}, headers), "invalid_client", status=401)
    unproven = {**form, "client_id": client.client_id}
    is_told(client.send("/token", unproven, headers), "invalid_client", status=401)
    assert client.send("/token", {**form, **good}, headers).status_code == 200


def _decoded(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


# ---- the token endpoint ----------------------------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §ensure-client-id-in-token-endpoint")
@variants()
def test_client_that_calls_itself_another_is_nobody(pair: Pair, somebody: Person) -> None:
    client, other = pair
    form = client.redemption(client.code(somebody))
    name = {"client_id": other.client_id}
    if client.variant.auth == "private_key_jwt":
        claims = {"iss": other.client_id, "sub": other.client_id}
        form, name = client.proven(form, **claims), {"client_id": other.client_id}

    response = client.send("/token", {**form, **name}, client.held.header)

    is_told(response, "invalid_client", status=401)


@pytest.mark.spec("FAPI 2.0 plans §ensure-holder-of-key-required")
@variants()
def test_no_token_is_given_to_whom_shows_no_key(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    form = client.redemption(client.code(somebody))
    is_unproven = client.variant.auth == client.variant.bound == "mtls"

    if client.is_dpop:
        response = client.token(form, holder=None)
    else:
        response = client.send("/token", client.proven(form))

    if is_unproven:
        is_told(response, "invalid_client", status=401)
    else:
        is_told(response, "invalid_request")
    assert client.token(form).status_code == 200


@pytest.mark.spec("FAPI 2.0 plans §ensure-authorization-code-is-bound-to-client")
@variants()
def test_code_of_another_client_is_no_grant(pair: Pair, somebody: Person) -> None:
    client, other = pair
    form = client.redemption(client.code(somebody))

    is_told(other.token(form), "invalid_grant")


@pytest.mark.spec("FAPI 2.0 plans §attempt-reuse-authorization-code-after-one-second")
@variants()
def test_code_used_again_is_refused_and_ends_what_it_gave(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    form = client.redemption(client.code(somebody))
    token = client.token(form).get_json()["access_token"]
    assert client.resource(token).status_code == 200

    client.house.clock.advance(timedelta(seconds=1))

    is_told(client.token(form), "invalid_grant")
    assert client.resource(token).status_code == 401


@pytest.mark.spec("FAPI 2.0 plans §ensure-token-endpoint-fails-with-expired-auth-code")
@variants()
def test_code_is_over_after_a_minute(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    form = client.redemption(client.code(somebody))

    client.house.clock.advance(timedelta(seconds=62))

    is_told(client.token(form), "invalid_grant")


@pytest.mark.spec("FAPI 2.0 plans §ensure-pkce-code-verifier-required")
@pytest.mark.spec("FAPI 2.0 plans §incorrect-pkce-code-verifier-rejected")
@variants()
@pytest.mark.parametrize("verifier", [None, "w" * 43])
def test_code_without_its_verifier_is_no_grant(pair: Pair, somebody: Person, verifier: str | None) -> None:
    client = pair[0]

    is_told(client.token(client.redemption(client.code(somebody), code_verifier=verifier)), "invalid_grant")


@pytest.mark.spec("FAPI 2.0 plans §refresh-token")
@variants()
def test_refresh_token_stays_the_same_and_is_its_clients_and_its_keys(pair: Pair, somebody: Person) -> None:
    client = pair[0]
    form: dict[str, str] = {"grant_type": "refresh_token"}
    for each in pair:
        reference = each.pushed(each.carried(prompt="consent"))
        given = each.tokens(somebody, reference)
        form["refresh_token"] = given["refresh_token"]
        assert re.fullmatch(r"[\x20-\x7e]+", given["refresh_token"])

        told = each.token({**form, "scope": each.scope}).get_json()

        assert told["refresh_token"] == given["refresh_token"]
        assert ("id_token" in told) is each.variant.is_openid
        assert each.resource(told["access_token"]).status_code == 200
        if each is client:
            bare = each.token(form, holder=None) if each.is_dpop else each.send("/token", each.proven(form))
            if each.variant.auth == each.variant.bound == "mtls":
                is_told(bare, "invalid_client", status=401)
            else:
                is_told(bare, "invalid_request", "invalid_grant")

    is_told(client.token(form), "invalid_grant")  # the second's


# ---- no person: fapi_client_credentials_grant ------------------------------------------------------


@pytest.mark.spec("FAPI 2.0 plans §happy-flow")
@variants()
def test_client_alone_gets_a_bound_token_for_the_resource(pair: Pair) -> None:
    client, other = pair
    tokens = client.token({"grant_type": "client_credentials"}).get_json()

    assert "refresh_token" not in tokens
    assert client.resource(tokens["access_token"]).status_code == 200
    assert other.resource(tokens["access_token"]).status_code == 401


# ---- docs/conformance.md ---------------------------------------------------------------------------


def test_page_tells_what_shows_each_module() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([\w-]+)` \| (.+) \|$", page, re.MULTILINE))
    shown: dict[str, set[str]] = {}
    for one in marks()["FAPI 2.0 plans"]:
        shown.setdefault(one.told, set()).add(one.requirement)

    assert {module: set(told.get(module, "").split("; ")) for module in shown} == shown


def test_registration_that_the_page_gives_is_taken(suite: House) -> None:
    file = PAGE.parent / "conformance/fapi2.json"

    client, secret = suite.provider.clients.register(read_registration(file))

    assert client.metadata.profile == "fapi2"
    assert secret is None
