"""RFC 9207: every answer from the authorization endpoint names who gave it."""

import json
from datetime import timedelta

import pytest

from idp.accounts.account import LockGround
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, sent_back, signed_in


@pytest.mark.spec("RFC 9207 §2", "FAPI 2.0 Security Profile §5.3.2.2", "RFC 8252 §8.10")
def test_success_names_the_issuer_once(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request())
    answer = allow(browser)

    assert set(answer) == {"code", "state", "iss", "session_state"}
    assert answer["iss"] == house.settings.issuer
    assert browser.location is not None
    assert browser.location.count("iss=") == 1


@pytest.mark.spec("RFC 9207 §2.4", "RFC 9207 §2", "RFC 9207 §2.3")
def test_issuer_is_the_one_of_the_metadata(house: House) -> None:
    document = house.app.test_client().get("/.well-known/oauth-authorization-server").get_json()

    assert document["issuer"] == house.settings.issuer
    assert document["authorization_response_iss_parameter_supported"] is True


@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
def test_issuer_never_comes_from_a_header(
    house: House, rp: RelyingParty, browser: Browser, header: str
) -> None:
    value = "host=evil.example" if header == "Forwarded" else "evil.example"

    response = browser.client.get(
        "/authorize", query_string=rp.request(prompt="none"), headers={header: value}
    )

    assert "evil" not in response.headers["Location"]
    assert "iss=http%3A%2F%2Flocalhost%3A8000" in response.headers["Location"]


ERRORS: dict[str, dict[str, str | None]] = {
    "unsupported_response_type": {"response_type": "token"},
    "invalid_request": {"code_challenge": None},
    "invalid_scope": {"scope": "horoscope"},
    "login_required": {"prompt": "none"},
    "invalid_request_object": {"request": "a.b.c"},
    "unmet_authentication_requirements": {
        "claims": json.dumps({"id_token": {"acr": {"essential": True, "value": "gold"}}})
    },
}


@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_error_that_goes_back_names_the_issuer(
    rp: RelyingParty, browser: Browser, error: str, method: str
) -> None:
    if method == "GET":
        browser.open("/authorize", rp.request(**ERRORS[error]))
    else:
        browser._went(browser.client.post("/authorize", data=rp.request(**ERRORS[error])))

    sent_back(browser, rp, error)


@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize(
    "error", ["consent_required", "access_denied", "cancelled", "wrong_person", "locked"]
)
def test_errors_from_the_pages_name_the_issuer(
    house: House, rp: RelyingParty, person: Person, error: str
) -> None:
    browser = signed_in(house, person)
    if error == "consent_required":
        browser.open("/authorize", rp.request(prompt="none"))
        sent_back(browser, rp, "consent_required")
        return
    if error == "wrong_person":
        claims = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})
        browser.open("/authorize", rp.request(claims=claims))
        sent_back(browser, rp, "login_required")
        return
    browser.open("/authorize", rp.request())
    if error == "locked":
        house.provider.accounts.lock(person.account_id, LockGround.HOLDER_ASKED)
    form = browser.page.form_with("consent-deny")
    assert form is not None
    action = form.action.replace("/consent", "/cancel") if error == "cancelled" else form.action
    decision = "allow" if error == "locked" else "deny"
    browser._went(browser.client.post(action, data=form.fields | {"decision": decision}))

    sent_back(browser, rp, "access_denied")


@pytest.mark.spec("RFC 9207 §2")
def test_error_after_the_page_stood_open_names_the_issuer(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(max_age="3000"))
    house.clock.advance(timedelta(minutes=9))

    browser.submit({}, "consent-deny")

    sent_back(browser, rp, "access_denied")


@pytest.mark.spec("RFC 9207 §3")
def test_metadata_says_that_answers_name_the_issuer(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["authorization_response_iss_parameter_supported"] is True
