"""Clients that live in browsers: pages of other origins may call what they need, and nothing else (CORS)."""

import pytest

ORIGIN = "https://app.example"
SHARED = {
    "/token": "POST",
    "/par": "POST",
    "/revoke": "POST",
    "/userinfo": "GET",
    "/jwks": "GET",
    "/.well-known/openid-configuration": "GET",
    "/.well-known/oauth-authorization-server": "GET",
}
# Pages, what only servers call, and addresses that there are none of.
KEPT = (
    "/authorize",
    "/logout",
    "/account",
    "/",
    "/session/check",
    "/introspect",
    "/register",
    "/nowhere",
    "/token/",
)


def preflight(house, path, method="POST", headers="authorization,dpop"):
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return house.app.test_client().options(path, headers=asked)


def cross_origin_headers(response):
    return {name for name, _ in response.headers if name.startswith("Access-Control-")}


@pytest.mark.spec("RFC 9700 §2.6")
def test_browser_that_asks_first_is_told_that_any_page_may_call(house):
    for path, method in SHARED.items():
        told = preflight(house, path, method)

        assert (told.status_code, told.data) == (204, b"")
        assert told.headers["Access-Control-Allow-Origin"] == "*"
        assert method in told.headers["Access-Control-Allow-Methods"].split(", ")
        allowed = told.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"authorization", "content-type", "dpop"} <= set(allowed)


@pytest.mark.spec("RFC 9700 §2.6")
def test_page_of_another_origin_may_read_answers_and_errors(house):
    client = house.app.test_client()

    for path in SHARED:
        for method in ("GET", "POST", "PUT"):
            answer = client.open(path, method=method, headers={"Origin": ORIGIN})

            assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
            exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
            assert {"DPoP-Nonce", "WWW-Authenticate"} <= set(exposed)


def test_no_browser_is_told_to_send_cookies_or_certificates_along(house):
    for path in SHARED:
        for answer in (
            preflight(house, path),
            house.app.test_client().post(path, headers={"Origin": ORIGIN}),
        ):
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert "Set-Cookie" not in answer.headers
            assert ORIGIN not in str(answer.headers)  # none is named, so nothing varies by who asks


@pytest.mark.spec("RFC 9700 §2.6")
def test_nothing_else_is_open_to_pages_of_other_origins(house):
    for path in KEPT:
        answers = (
            preflight(house, path),
            house.app.test_client().get(path, headers={"Origin": ORIGIN}),
            house.app.test_client().post(path, headers={"Origin": ORIGIN}),
        )

        assert [cross_origin_headers(answer) for answer in answers] == [set()] * len(answers)


def test_whoever_asks_for_the_options_but_no_browser_is_told_the_methods(house):
    told = house.app.test_client().options("/token")

    assert told.status_code == 200
    assert set(told.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize(
    "path", ["/", "/account", "/help", "/token", "/session/check", "/signin", "/nowhere"]
)
def test_page_outside_of_a_sign_in_is_cut_off_from_its_opener(house, path):
    answer = house.app.test_client().get(path)

    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize("path", ["/authorize", "/signin/unknown", "/language/vi", "/logout"])
def test_page_of_a_sign_in_stays_beside_the_page_that_opened_it(house, path):
    answer = house.app.test_client().get(path)

    assert "Cross-Origin-Opener-Policy" not in answer.headers
