"""OpenID's certification profiles Dynamic OP (code), Config OP and 3rd Party-Init OP, module by module.

The plans are ``oidcc-dynamic-certification-test-plan`` with ``response_type=code``,
``oidcc-config-certification-test-plan`` and ``oidcc-3rdparty-init-login-certification-test-plan``.
"""

import base64
from urllib.parse import urlsplit

import pytest

from tests.certification import unsigned

pytestmark = pytest.mark.spec("OIDC Core 1.0 §15.2", "OIDC Registration 1.0 §3")

BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
WORDS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def browser(suite):
    return suite.browser()


# --- Config OP ---


@pytest.mark.spec("OIDC Discovery 1.0 §3", "OIDC Discovery 1.0 §4")
def test_oidcc_discovery_endpoint_verification(suite):
    answer = suite.web.get(f"{suite.issuer}/.well-known/openid-configuration")
    server = answer.json()

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert server["issuer"] == suite.issuer
    assert server["response_types_supported"] == ["code"]
    assert "authorization_code" in server["grant_types_supported"]
    assert set(server["subject_types_supported"]) == {"pairwise", "public"}
    for kind in ("id_token_signing_alg", "userinfo_signing_alg", "request_object_signing_alg"):
        assert "RS256" in server[f"{kind}_values_supported"]
    for name in ("claims", "request", "request_uri"):
        assert server[f"{name}_parameter_supported"] is True
    assert "openid" in server["scopes_supported"]
    assert server["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization", "token", "userinfo", "registration"):
        assert f"{name}_endpoint" in server
    ours = urlsplit(suite.issuer)
    for name, value in server.items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert (urlsplit(value).scheme, urlsplit(value).netloc) == ("https", ours.netloc), name


@pytest.mark.spec("RFC 7517 §4")
def test_published_keys_are_what_the_suite_calls_valid(suite):
    keys = suite.published_keys()

    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
        assert key["kty"] in ("RSA", "EC", "OKP")
        for name in key.keys() & {"n", "e", "x", "y"}:
            assert base64.urlsafe_b64decode(key[name] + "=" * (-len(key[name]) % 4))
            assert "=" not in key[name]


# --- 3rd Party-Init OP ---


def test_oidcc_3rd_party_init_login(suite):
    address = f"{suite.own.url}/test/a/suite/initiate"
    told = suite.register(initiate_login_uri=address).told
    assert told["initiate_login_uri"] == address

    manager = {"Authorization": f"Bearer {told['registration_access_token']}"}
    answer = suite.web.get(told["registration_client_uri"], headers=manager)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json()["initiate_login_uri"] == address


def test_oidcc_3rd_party_init_login_nohttps(suite):
    address = "http://localhost:8080/test/a/suite/initiate"

    assert suite.refuses_to_register(initiate_login_uri=address) == "invalid_client_metadata"


# --- Dynamic OP (code) ---


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256"])
def test_oidcc_idtoken_rs256(suite, alg):
    tokens = suite.register(id_token_signed_response_alg=alg, **BY_KEY).sign_in()

    assert tokens.verified(tokens.told["id_token"])[0]["alg"] == alg


def test_oidcc_userinfo_rs256(suite):
    tokens = suite.register(userinfo_signed_response_alg="RS256", **BY_KEY).sign_in()

    answer = tokens.client.userinfo(tokens.access_token)

    assert answer.headers["Content-Type"] == "application/jwt"
    header, claims = tokens.verified(answer.text)
    assert header["alg"] == "RS256"
    assert (claims["iss"], claims["aud"]) == (suite.issuer, tokens.client.told["client_id"])
    assert claims["sub"] == tokens.id_token["sub"]


@pytest.mark.parametrize("count", [1, 2])
def test_oidcc_ensure_redirect_uri_in_authorization_request(suite, browser, count):
    uris = [f"{suite.own.url}/test/a/suite/callback{number}" for number in range(count)]
    client = suite.register(redirect_uris=uris, **BY_KEY)

    client.open(browser, redirect_uri=None)

    browser.shows_an_error()


def test_oidcc_redirect_uri_query_ok(suite):
    uri = f"{suite.own.url}/test/a/suite/callback?foo=bar"
    client = suite.register(redirect_uris=[uri], **BY_KEY)
    browser = suite.browser()

    client.sign_in(browser)

    assert browser.left_for.startswith(f"{uri}&")


@pytest.mark.parametrize(
    ("registered", "asked"), [("?foo=bar", "?foo=baz"), ("", "?foo=bar")], ids=["mismatch", "added"]
)
def test_oidcc_redirect_uri_query_mismatch_and_added(suite, browser, registered, asked):
    uri = f"{suite.own.url}/test/a/suite/callback"
    client = suite.register(redirect_uris=[uri + registered], **BY_KEY)

    client.open(browser, redirect_uri=uri + asked)

    browser.shows_an_error()


def test_oidcc_redirect_uri_regfrag(suite):
    uri = f"{suite.own.url}/test/a/suite/callback#foobar"

    assert suite.refuses_to_register(redirect_uris=[uri], **BY_KEY) == "invalid_redirect_uri"


def test_oidcc_server(suite):
    assert suite.register(**BY_KEY).sign_in().id_token["sub"]


@pytest.mark.parametrize("member", ["logo_uri", "policy_uri", "tos_uri"])
def test_oidcc_registration_logo_policy_and_tos_uri(suite, browser, member):
    address = f"{suite.own.url}/test/a/suite/{member}"
    client = suite.register(**{member: address}, **BY_KEY)

    client.open(browser)

    assert browser.asks_to_sign_in
    assert f'"{address}"' in browser.text
    if member == "logo_uri":
        assert f"img-src 'self' data: {suite.own.url}" in browser.shown.headers["Content-Security-Policy"]


def test_oidcc_registration_jwks_uri(suite):
    at = suite.own.put("jwks", "application/json", suite.public_text("first"))
    client = suite.register(jwks=None, jwks_uri=at, **BY_KEY)
    client.kid = "first"

    client.sign_in()


def test_oidcc_registration_sector_uri(suite):
    uri = f"{suite.own.url}/test/a/suite/callback"
    at = suite.own.put("redirect_uris.json", "application/json", f'["{uri}"]')

    told = suite.register(subject_type="pairwise", sector_identifier_uri=at, **BY_KEY).told

    assert (told["subject_type"], told["sector_identifier_uri"]) == ("pairwise", at)


def test_oidcc_registration_sector_bad(suite):
    at = suite.own.put("redirect_uris.json", "application/json", '["https://elsewhere.example/callback"]')

    error = suite.refuses_to_register(subject_type="pairwise", sector_identifier_uri=at, **BY_KEY)

    assert error == "invalid_client_metadata"


def test_oidcc_server_rotate_keys(suite):
    before = {key["kid"] for key in suite.published_keys() if key["use"] == "sig"}

    assert suite.web.get(f"{suite.issuer}/simulator/rotate-keys").status_code == 200

    assert before < {key["kid"] for key in suite.published_keys() if key["use"] == "sig"}
    suite.register(**BY_KEY).sign_in()


def test_oidcc_refresh_token_rp_key_rotation(suite):
    at = suite.own.put("jwks", "application/json", suite.public_text("first"))
    client = suite.refreshing(jwks=None, jwks_uri=at, **BY_KEY)
    client.kid = "first"
    tokens = client.sign_in(scope="openid offline_access", prompt="consent")
    suite.renew_key()
    suite.own.fill(at, suite.public_text("second"))
    client.kid = "second"
    suite.pass_seconds(60)

    answer = client.refresh(tokens.told["refresh_token"])

    assert answer.status_code == 200, answer.text
    assert client.userinfo(answer.json()["access_token"]).status_code == 200


@pytest.mark.parametrize("is_signed", [False, True], ids=["unsigned", "signed-rs256"])
@pytest.mark.parametrize("content_type", ["application/jose", "application/oauth-authz-req+jwt"])
def test_oidcc_request_uri(suite, browser, is_signed, content_type):
    at = suite.own.put("requesturi/" + WORDS, content_type, "")
    signing = {"request_object_signing_alg": "RS256"} if is_signed else {}
    client = suite.register(request_uris=[at], **signing, **BY_KEY)
    request = client.request()
    claims = request | {"aud": suite.issuer, "iss": client.told["client_id"]}
    suite.own.fill(at, client.signed(claims) if is_signed else unsigned(request))

    beside = {name: request[name] for name in ("response_type", "client_id", "scope", "redirect_uri")}
    browser.open(client.address(beside | {"request_uri": at}))

    client.redeemed(client.answered(browser, request), request)


@pytest.mark.parametrize("member", ["issuer", "token_endpoint"])
def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(suite, browser, member):
    client = suite.register(**BY_KEY)
    request = client.open(browser)
    code = client.answered(browser, request)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}

    answer = client.token(form, audience=suite.server[member])

    assert answer.status_code == 200, answer.text


@pytest.mark.spec("RFC 7592 §2.3")
def test_client_is_unregistered_at_the_end(suite):
    told = suite.register().told
    manager = {"Authorization": f"Bearer {told['registration_access_token']}"}

    assert suite.web.delete(told["registration_client_uri"], headers=manager).status_code == 204
