"""RFC 9101 and OIDC Core 1.0 §6.1: requests that the client signed."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwk, jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, is_page, refused, signed_in

KEYS: dict[str, Any] = {
    "ES256": ECKey.generate_key("P-256", {"kid": "es"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rs"}),
}
KEYS["PS256"] = KEYS["RS256"]
STRANGER = ECKey.generate_key("P-256", {"kid": "es"})


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return signing(house)


def signing(house: House, name: str = "rp", **details: Any) -> RelyingParty:
    keys = [key.as_dict(private=False) for alg, key in KEYS.items() if alg != "PS256"]
    return house.client(name, jwks={"keys": keys}, **details)


def inside(rp: RelyingParty, **changes: Any) -> dict[str, Any]:
    """A request's parameters with what makes them a request object; ``None`` leaves a member out."""
    now = int(rp.house.clock().timestamp())
    usual = {
        **rp.request(),
        "iss": rp.client_id,
        "aud": rp.house.settings.issuer,
        "nbf": now,
        "exp": now + 300,
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def sign(
    claims: dict[str, Any],
    alg: str = "ES256",
    typ: str | None = "oauth-authz-req+jwt",
    key: Any = None,
    **header: Any,
) -> str:
    key = key or KEYS[alg]
    head = {"alg": alg, "kid": key.kid, **({"typ": typ} if typ else {}), **header}
    registry = jws.JWSRegistry(algorithms=list(KEYS), strict_check_header=False)
    return jwt.encode(head, claims, key, registry=registry)


def by_value(rp: RelyingParty, token: str, **beside: str) -> dict[str, str]:
    return {"client_id": rp.client_id, "request": token, **beside}


@pytest.mark.spec("RFC 9101 §6.2")
@pytest.mark.parametrize("alg", sorted(KEYS))
def test_each_algorithm_advertised_signs_a_request(
    house: House, rp: RelyingParty, person: Person, alg: str
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", by_value(rp, sign(inside(rp), alg)))
    answer = allow(browser)

    assert answer["state"] == "xyz"
    assert rp.redeem(answer["code"]).status_code == 200


@pytest.mark.spec("RFC 9101 §6.3", "OIDC Core 1.0 §6.1", "RFC 9101 §5")
def test_only_what_stands_inside_counts(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    beside = {"state": "outside", "scope": "openid reports", "response_mode": "fragment", "prompt": "none"}

    browser.open("/authorize", by_value(rp, sign(inside(rp, state=None)), **beside))
    answer = allow(browser)

    assert "state" not in answer
    assert "?code=" in (browser.location or "")
    assert rp.redeem(answer["code"]).get_json()["scope"] == "openid profile"


@pytest.mark.spec("RFC 9101 §4")
def test_members_may_be_objects_and_numbers(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    claims = {"userinfo": {"age_over_18": {"essential": True}}}

    browser.open("/authorize", by_value(rp, sign(inside(rp, claims=claims, max_age=900))))
    tokens = rp.redeem(allow(browser)["code"]).get_json()

    assert "age_over_18" in rp.userinfo(tokens["access_token"]).get_json()


FORGED: dict[str, dict[str, Any]] = {
    "iss": {"iss": "other"},
    "iss is missing": {"iss": None},
    "aud": {"aud": "https://other.example"},
    "aud is missing": {"aud": None},
    "client_id": {"client_id": "other"},
    "sub": {"sub": "rp"},
    "request": {"request": "a.b.c"},
    "request_uri": {"request_uri": "https://rp.example/r"},
    "expired": {"exp": -1},
    "far": {"exp": 3601 + 60},
    "old": {"nbf": -3601, "exp": 30},
    "future nbf": {"nbf": 61, "exp": 300},
    "future iat": {"iat": 61},
    "exp is text": {"exp": "soon"},
    "jti is a number": {"jti": 7},
}


@pytest.mark.spec(
    "RFC 9101 §6.3",
    "OIDC Core 1.0 §6.1",
    "OIDC Core 1.0 §6.3.3",
    "FAPI 2.0 Message Signing §5.3.1",
    "RFC 8725 §3.9",
    "RFC 9101 §4",
)
@pytest.mark.parametrize("what", sorted(FORGED))
def test_wrong_members_are_refused_by_name(rp: RelyingParty, what: str) -> None:
    now, changes = int(rp.house.clock().timestamp()), FORGED[what]
    times = {n: now + v for n, v in changes.items() if n in ("exp", "nbf", "iat") and isinstance(v, int)}

    response = rp.post("/par", {"request": sign(inside(rp, **(changes | times)))})

    assert "request" in refused(response, "invalid_request_object")


@pytest.mark.spec("FAPI 2.0 Message Signing §5.3.1")
def test_clock_a_little_ahead_is_forgiven(rp: RelyingParty) -> None:
    now = int(rp.house.clock().timestamp())

    token = sign(inside(rp, nbf=now + 10, iat=now + 10, exp=now + 3600))

    assert rp.post("/par", {"request": token}).status_code == 201


def unsigned(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none", "typ": "oauth-authz-req+jwt"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def shared_secret(claims: dict[str, Any]) -> str:
    """The public key taken for a secret."""
    pem = KEYS["RS256"].as_pem(private=False)
    key = jwk.OctKey.import_key(base64.urlsafe_b64encode(pem).decode())
    return jwt.encode({"alg": "HS256", "typ": "oauth-authz-req+jwt"}, claims, key)


def with_crit(token: str) -> str:
    head = {"alg": "ES256", "kid": "es", "typ": "oauth-authz-req+jwt", "crit": ["exp"], "exp": 1}
    encoded = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
    return ".".join([encoded, *token.split(".")[1:]])


@pytest.mark.spec("RFC 9101 §10.1", "OIDC Core 1.0 §6.3.2", "RFC 9101 §6.2", "RFC 9101 §10.8")
@pytest.mark.parametrize(
    "make",
    [
        unsigned,
        shared_secret,
        lambda claims: sign(claims, key=STRANGER),
        lambda claims: sign(claims, kid="unknown"),
        lambda claims: sign(claims, typ="at+jwt"),
        lambda claims: sign(claims, typ="dpop+jwt"),
        lambda claims: sign(claims, jwk=STRANGER.as_dict(private=False)),
        lambda claims: sign(claims, jku="https://evil.example/keys"),
        lambda claims: with_crit(sign(claims)),
        lambda claims: sign(claims)[:-8] + "AAAAAAAA",
        lambda claims: sign({**claims, "state": "x" * 20000}),
        lambda claims: "a.b.c",
        lambda claims: "{}",
    ],
)
def test_forged_objects_are_refused(rp: RelyingParty, make: Any) -> None:
    refused(rp.post("/par", {"request": make(inside(rp))}), "invalid_request_object")


@pytest.mark.spec("RFC 9101 §10.2")
def test_object_is_good_once_where_it_says_which_it_is(rp: RelyingParty, browser: Browser) -> None:
    token = sign(inside(rp, jti="one", prompt="none"))

    browser.open("/authorize", by_value(rp, token))
    assert browser.answer["error"] == "login_required"
    browser.open("/authorize", by_value(rp, token))

    assert "jti" in is_page(browser.shown)
    refused(rp.post("/par", {"request": token}), "invalid_request_object")
    assert rp.post("/par", {"request": sign(inside(rp, jti="two"))}).status_code == 201


@pytest.mark.spec("RFC 9101 §6.3", "RFC 9101 §7")
def test_refusal_goes_to_a_registered_address_beside_and_to_no_other(
    rp: RelyingParty, browser: Browser
) -> None:
    token = sign(inside(rp, aud="x"))

    browser.open("/authorize", by_value(rp, token, redirect_uri=rp.redirect_uri, state="xyz"))
    assert browser.answer["error"] == "invalid_request_object"
    assert browser.answer["state"] == "xyz"

    browser.open("/authorize", by_value(rp, token, redirect_uri="https://evil.example/"))
    is_page(browser.shown)


@pytest.mark.spec("RFC 9101 §6.3", "OIDC Core 1.0 §6.3.3")
def test_redirect_uri_inside_must_be_registered(rp: RelyingParty, browser: Browser) -> None:
    token = sign(inside(rp, redirect_uri="https://evil.example/"))

    browser.open("/authorize", by_value(rp, token, redirect_uri=rp.redirect_uri))

    is_page(browser.shown)


@pytest.mark.spec("RFC 9101 §5", "OIDC Core 1.0 §6.1")
def test_object_and_reference_at_once_are_refused(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", by_value(rp, sign(inside(rp)), request_uri="https://rp.example/r"))

    is_page(browser.shown)


@pytest.mark.spec("RFC 9126 §3", "FAPI 2.0 Message Signing §5.3.1")
def test_signed_request_is_pushed(house: House, rp: RelyingParty, person: Person) -> None:
    reference = rp.post("/par", {"request": sign(inside(rp, jti="x"))}).get_json()["request_uri"]
    browser = signed_in(house, person)

    for _ in range(2):
        browser.open("/authorize", {"client_id": rp.client_id, "request_uri": reference})

    assert "code" in allow(browser)


@pytest.mark.spec("RFC 9101 §10.5", "FAPI 2.0 Message Signing §5.3.1")
def test_client_registered_to_sign_must(house: House, browser: Browser) -> None:
    rp = signing(house, "strict", require_signed_request_object=True)

    browser.open("/authorize", rp.request())
    assert "sign" in browser.answer["error_description"]
    refused(rp.post("/par", rp.request()), "invalid_request")
    refused(rp.post("/par", {"request": sign(inside(rp, exp=None))}), "invalid_request_object")
    refused(rp.post("/par", {"request": sign(inside(rp, nbf=None))}), "invalid_request_object")
    assert rp.post("/par", {"request": sign(inside(rp))}).status_code == 201


@pytest.mark.spec("OIDC Registration 1.0 §2", "OIDC Core 1.0 §6.3.2", "RFC 9101 §10.1")
def test_algorithm_is_the_registered_one(house: House) -> None:
    rp = signing(house, "one", request_object_signing_alg="PS256")

    assert rp.post("/par", {"request": sign(inside(rp), "PS256")}).status_code == 201
    refused(rp.post("/par", {"request": sign(inside(rp), "ES256")}), "invalid_request_object")


@pytest.mark.spec("RFC 9101 §10.1", "RFC 9101 §6.2")
def test_client_without_keys_signs_nothing(house: House) -> None:
    rp = house.client("keyless")

    refused(rp.post("/par", {"request": sign(inside(rp))}), "invalid_request_object")


@pytest.mark.spec("RFC 9101 §10.2")
def test_object_expires_while_nobody_looks(rp: RelyingParty) -> None:
    token = sign(inside(rp))
    rp.house.clock.advance(timedelta(seconds=301))

    refused(rp.post("/par", {"request": token}), "invalid_request_object")


@pytest.mark.spec("RFC 9101 §9")
def test_discovery_names_the_algorithms(house: House) -> None:
    document: dict[str, Any] = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["request_parameter_supported"] is True
    assert set(document["request_object_signing_alg_values_supported"]) == {*KEYS, "EdDSA", "none"}
    assert document["request_uri_parameter_supported"] is True
    assert document["require_request_uri_registration"] is True
    assert document["require_signed_request_object"] is False


@pytest.mark.spec("RFC 9101 §5")
@pytest.mark.parametrize("beside", [{}, {"client_id": ""}, {"client_id": "other"}])
def test_object_without_its_client_id_beside_it_is_refused(
    house: House, rp: RelyingParty, browser: Browser, beside: dict[str, str]
) -> None:
    signing(house, "other")

    browser.open("/authorize", {"request": sign(inside(rp)), **beside})

    is_page(browser.shown)


@pytest.mark.spec("RFC 9101 §4", "OIDC Core 1.0 §6.1", "RFC 6749 §3.1")
@pytest.mark.parametrize("strange", [True, 1.5, None, [], {"a": [False]}, 7, "text", -1])
def test_members_nobody_knows_are_ignored_whatever_they_hold(
    house: House, rp: RelyingParty, person: Person, strange: object
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", by_value(rp, sign(inside(rp, weather=strange))))

    assert "code" in allow(browser)


@pytest.mark.spec("RFC 9101 §6.3")
@pytest.mark.parametrize(
    "wrong", [{"max_age": True}, {"max_age": 1.5}, {"max_age": -1}, {"prompt": ["none"]}, {"claims": 7}]
)
def test_members_of_another_type_are_refused_by_name(rp: RelyingParty, wrong: dict[str, Any]) -> None:
    response = rp.post("/par", {"request": sign(inside(rp, **wrong))})

    assert next(iter(wrong)) in refused(response, "invalid_request")
