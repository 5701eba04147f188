"""Errors that teach: which parameter, what was expected, what came; and where to look (RFC 6749 §5.2)."""

import json
from pathlib import Path

import pytest

from idp.oidc.error_guide import GUIDE
from idp.telemetry import configure_logging
from tests.bench.forms import read_page
from tests.house import ISSUER, House, Person, RelyingParty
from tests.protocol.acts import code_for, refused, tokens_for

FAULTS_OF_REQUESTS = {
    "response_type": ("token", "response_type: expected code; came token"),
    "response_mode": ("post", "response_mode: expected one of"),
    "scope": (
        "horoscope",
        "scope: expected some of openid profile email phone address identity person foreigner organisation",
    ),
    "code_challenge_method": ("plain", "code_challenge_method: expected S256; came plain"),
    "code_challenge": ("abc", "code_challenge: expected 43 characters of base64url; came 3"),
    "dpop_jkt": ("abc", "dpop_jkt: expected 43 characters of base64url; came 3"),
    "prompt": ("force", "prompt: expected none, login, consent or select_account; came force"),
    "max_age": ("-1", "max_age: expected a number of seconds; came -1"),
}


@pytest.mark.spec("RFC 6749 4.1.2.1")
@pytest.mark.parametrize("name", FAULTS_OF_REQUESTS)
def test_an_authorization_error_says_what_came_and_where_it_is_explained(
    house: House, rp: RelyingParty, name: str
) -> None:
    value, expected = FAULTS_OF_REQUESTS[name]
    browser = house.browser()
    browser.open("/authorize", rp.request(**{name: value}))

    assert browser.answer["error_description"].startswith(expected)
    assert browser.answer["error_uri"] == f"{ISSUER}/errors#{browser.answer['error']}"


@pytest.mark.spec("RFC 6749 5.2")
@pytest.mark.parametrize(
    ("form", "error", "description"),
    [
        ({"grant_type": "authorization_code"}, "invalid_request", "code: missing"),
        ({"grant_type": "refresh_token"}, "invalid_request", "refresh_token: missing"),
        ({"grant_type": "client_credentials"}, "unauthorized_client", "this client is not registered for"),
        ({"grant_type": "password"}, "unsupported_grant_type", "grant_type: expected one of"),
    ],
)
def test_a_token_error_names_its_parameter(
    rp: RelyingParty, form: dict[str, str], error: str, description: str
) -> None:
    assert refused(rp.post("/token", form), error).startswith(description)


@pytest.mark.spec("RFC 6749 §6")
def test_refreshing_for_more_than_was_allowed_says_so(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": "openid email"}

    description = refused(rp.post("/token", form), "invalid_scope")

    assert description == "scope: expected no more than was allowed"


@pytest.mark.spec("RFC 6749 4.1.3")
@pytest.mark.parametrize("sent", [None, "https://rp.example/other"])
def test_another_redirect_uri_is_told_without_showing_it(
    rp: RelyingParty, person: Person, sent: str | None
) -> None:
    description = refused(rp.redeem(code_for(rp, person), redirect_uri=sent), "invalid_grant")

    assert description == "redirect_uri: expected the one of the authorization request"


def test_a_secret_that_came_is_never_told(rp: RelyingParty) -> None:
    answer = rp.post(
        "/token", {"grant_type": "authorization_code", "code": "c0de-c0de", "code_verifier": "v" * 43}
    )

    assert "c0de" not in answer.text
    assert "vvv" not in answer.text


def test_an_error_carries_the_reference_that_the_log_has(rp: RelyingParty, tmp_path: Path) -> None:
    log = tmp_path / "idp.log"
    configure_logging(log)
    first = rp.post("/token", {"grant_type": "password"})
    second = rp.post("/token", {"grant_type": "password"})

    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    references = [answer.headers["X-Request-Id"] for answer in (first, second)]
    assert [line["request_id"] for line in lines if line.get("route") == "/token"] == references


def test_a_page_shows_the_reference_that_its_header_has(house: House) -> None:
    browser = house.browser()
    browser.open("/authorize", {"client_id": "nobody"})

    assert f'id="op-reference">{browser.shown.headers["X-Request-Id"]}<' in browser.text


@pytest.mark.spec("RFC 6749 5.2")
def test_every_error_uri_leads_to_its_explanation(house: House) -> None:
    response = house.app.test_client().get("/errors")

    assert response.status_code == 200
    assert set(GUIDE) <= set(read_page(response.data).ids)


@pytest.mark.spec("RFC 9110 15.5.6")
def test_a_wrong_method_is_told_with_the_right_one(house: House) -> None:
    answer = house.app.test_client().get("/token")

    assert answer.status_code == 405
    assert answer.get_json()["error_description"] == "method: expected OPTIONS or POST; came GET"
    assert answer.get_json()["error_uri"] == f"{ISSUER}/errors#invalid_request"
