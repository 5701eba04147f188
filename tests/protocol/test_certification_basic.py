"""OpenID's certification profiles Basic OP and Form Post Basic OP: each test is the module of its name.

The plans are ``oidcc-basic-certification-test-plan`` and ``oidcc-formpost-basic-certification-test-plan``,
which is the same with ``response_mode=form_post``. Clients register themselves and send no PKCE.
"""

import json

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.certification import Client, unsigned
from tests.certification_station import Screen

pytestmark = pytest.mark.spec("OIDC Core 1.0 §15.1")

CLAIMS = {
    "profile": {
        "name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website",
        "gender", "birthdate", "zoneinfo", "locale", "updated_at", "preferred_username",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip
NOT_TEXT = {"email_verified": bool, "phone_number_verified": bool, "address": dict, "updated_at": int}


@pytest.fixture(params=[None, "form_post"], ids=["query", "form_post"])
def mode(request):
    return request.param


@pytest.fixture
def client(suite, mode):
    """Registered by the suite; every request of it asks for the plan's response mode."""
    return suite.register(mode=mode)


@pytest.fixture
def browser(suite):
    return suite.browser()


def test_oidcc_server(client):
    tokens = client.sign_in()

    assert tokens.id_token["acr"] == "urn:dinhdanh:aal:1"
    assert tokens.id_token["amr"] == ["pwd"]
    assert "refresh_token" not in tokens.told


def test_oidcc_response_type_missing(client, browser):
    request = client.open(browser, response_type=None)

    assert client.refused(browser, request) in ("invalid_request", "unsupported_response_type")


def test_oidcc_idtoken_signature(client):
    tokens = client.sign_in()
    header, _ = tokens.verified(tokens.told["id_token"])

    assert header["alg"] == "RS256"
    assert [key["kid"] for key in client.suite.published_keys()].count(header["kid"]) == 1


def test_oidcc_idtoken_unsigned_is_skipped(suite):
    """Which the suite does where discovery does not offer it."""
    assert "none" not in suite.server["id_token_signing_alg_values_supported"]
    assert suite.refuses_to_register(id_token_signed_response_alg="none") == "invalid_client_metadata"


@pytest.mark.parametrize("how", ["get", "header", "body"])
def test_oidcc_userinfo_get_and_post(client, how):
    tokens = client.sign_in()

    answer = client.userinfo(tokens.access_token, how)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["sub"] == tokens.id_token["sub"]


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(client):
    assert "nonce" not in client.sign_in(nonce=None).id_token


@pytest.mark.parametrize("asked", ["profile", "email", "address", "phone", "profile email address phone"])
def test_oidcc_scope(client, asked):
    tokens = client.sign_in(scope=f"openid {asked}")

    told = client.userinfo(tokens.access_token).json()
    assert told.keys() == {"sub"}.union(*(CLAIMS[scope] for scope in asked.split()))
    for name, value in told.items():
        assert isinstance(value, NOT_TEXT.get(name, str)), name
        assert value != ""


def test_oidcc_scope_address_has_every_part(client):
    tokens = client.sign_in(scope="openid address")

    address = client.userinfo(tokens.access_token).json()["address"]
    assert address.keys() == {
        "formatted", "street_address", "locality", "region", "postal_code", "country",
    }  # fmt: skip
    assert all(isinstance(part, str) and part for part in address.values())


def test_oidcc_ensure_other_scope_order_succeeds(client):
    client.sign_in(scope="email openid")


@pytest.mark.parametrize(
    "parameters",
    [
        {"display": "page"},
        {"display": "popup"},
        {"max_age": "10000"},
        {"extra": "foobar"},
        {"login_hint": "buffy@localhost"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_oidcc_requests_that_must_at_least_succeed(client, parameters):
    """display-page, -popup, max-age-10000, unknown parameter, login-hint, ui-locales, claims-locales."""
    tokens = client.sign_in(**parameters)

    assert "max_age" not in parameters or tokens.id_token["auth_time"]


def test_oidcc_prompt_login(client, browser):
    first = client.sign_in(browser)
    client.suite.pass_seconds(1)

    request = client.open(browser, prompt="login")

    assert browser.asks_to_sign_in
    second = client.redeemed(client.answered(browser, request), request)
    assert second.id_token["auth_time"] > first.id_token["auth_time"]
    assert second.id_token["sub"] == first.id_token["sub"]


def test_oidcc_prompt_none_not_logged_in(client, browser):
    request = client.open(browser, prompt="none")

    assert client.refused(browser, request) == "login_required"


@pytest.mark.parametrize("has_hint", [False, True], ids=["prompt-none-logged-in", "id-token-hint"])
def test_oidcc_prompt_none_logged_in(client, browser, has_hint):
    first = client.sign_in(browser)
    hint = {"id_token_hint": first.told["id_token"]} if has_hint else {}

    request = client.open(browser, prompt="none", **hint)

    assert not browser.asks_to_sign_in
    second = client.redeemed(client.answered(browser, request), request)
    for name in ("sub", "auth_time", "acr"):
        assert second.id_token[name] == first.id_token[name]


def test_oidcc_max_age_1(client, browser):
    first = client.sign_in(browser)
    client.suite.pass_seconds(2)

    request = client.open(browser, max_age="1")

    assert browser.asks_to_sign_in
    second = client.redeemed(client.answered(browser, request), request)
    assert second.id_token["auth_time"] > first.id_token["auth_time"]
    assert client.suite.now - second.id_token["auth_time"] < 60


def test_oidcc_ensure_request_with_acr_values_succeeds(client):
    offered = client.suite.server["acr_values_supported"]

    assert client.sign_in(acr_values=" ".join(offered)).id_token["acr"] in offered


@pytest.mark.parametrize("wait", [0, 30], ids=["codereuse", "codereuse-30seconds"])
def test_oidcc_codereuse(client, wait):
    tokens = client.sign_in()
    client.suite.pass_seconds(wait)

    answer = client.redeem(tokens.code)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.headers["Content-Type"] == "application/json"
    assert client.userinfo(tokens.access_token).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(client, browser):
    client.open(browser, redirect_uri=f"{client.redirect_uri}/unregistered")

    browser.shows_an_error()


def test_oidcc_ensure_post_request_succeeds(client, browser):
    request = client.request()
    browser.post(client.suite.server["authorization_endpoint"], request)

    client.redeemed(client.answered(browser, request), request)


def test_oidcc_server_client_secret_post(suite, mode):
    suite.register(mode=mode, token_endpoint_auth_method="client_secret_post").sign_in()


def outside(request: dict[str, str]) -> dict[str, str]:
    """What the suite sends beside a request object too (OIDC Core 1.0 §6.1)."""
    return {name: request[name] for name in ("response_type", "client_id", "scope", "redirect_uri")}


def follow(client: Client, browser: Screen, asked: dict[str, str], **beside: str) -> None:
    browser.open(client.address(outside(asked) | beside))
    client.redeemed(client.answered(browser, asked), asked)


def test_oidcc_request_uri_unsigned_supported_correctly(suite, mode, browser):
    at = suite.own.put("requesturi", "application/jose", "")
    client = suite.register(mode=mode, request_uris=[at])
    request = client.request()
    suite.own.fill(at, unsigned(request))

    follow(client, browser, request, request_uri=at)


def test_oidcc_unsigned_request_object_supported_correctly(client, browser):
    request = client.request()

    follow(client, browser, request, request=unsigned(request))


def test_oidcc_ensure_request_object_with_redirect_uri(client, browser):
    request = client.request()

    follow(client, browser, request, request=unsigned(request), redirect_uri=f"{client.redirect_uri}_invalid")


def test_oidcc_claims_essential(client):
    tokens = client.sign_in(claims=json.dumps({"userinfo": {"name": {"essential": True}}}))

    assert client.userinfo(tokens.access_token).json()["name"]
    assert "name" not in tokens.id_token


def test_oidcc_refresh_token(suite, mode):
    first, second = (suite.refreshing(mode=mode) for _ in range(2))
    tokens = first.sign_in(scope="openid offline_access", prompt="consent")
    others = second.sign_in(scope="openid offline_access", prompt="consent")
    assert "refresh_token" in suite.server["grant_types_supported"]

    answer = first.refresh(tokens.told["refresh_token"], scope="openid offline_access")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    refreshed = answer.json()
    assert refreshed["token_type"] == "Bearer"
    assert refreshed["access_token"] != tokens.access_token
    _, claims = tokens.verified(refreshed["id_token"])
    for name in ("iss", "sub", "aud", "auth_time"):
        assert claims[name] == tokens.id_token[name]
    assert first.userinfo(refreshed["access_token"]).status_code == 200
    stolen = first.refresh(others.told["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")


def test_oidcc_ensure_request_with_valid_pkce_succeeds(client, browser):
    verifier = "v" * 43
    challenge = {
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    request = client.open(browser, **challenge)

    client.redeemed(client.answered(browser, request), request, code_verifier=verifier)
