"""Response modes: the query, the fragment, and a form that posts itself."""

from typing import Any

import pytest

from idp.oidc.authorization.response_modes import RESPONSE_MODES
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, signed_in

SCRIPT = "form_post.js"


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.app.test_client().get("/.well-known/openid-configuration").get_json()
    return found


@pytest.mark.spec("OAuth 2.0 Multiple Response Types §2.1")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_each_mode_carries_a_code_that_can_be_redeemed(
    rp: RelyingParty, browser: Browser, person: Person, mode: str
) -> None:
    answer = browser.sign_in(rp, person, response_mode=mode)

    assert {"code", "state", "iss"} <= set(answer)
    assert answer["iss"] == rp.house.settings.issuer
    assert rp.redeem(answer["code"]).status_code == 200


@pytest.mark.spec("OAuth 2.0 Multiple Response Types §2.1")
def test_fragment_carries_nothing_in_the_query(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode="fragment"))
    allow(browser)

    assert browser.location is not None
    assert browser.location.startswith(f"{rp.redirect_uri}#code=")


@pytest.mark.spec("Form Post Response Mode §2")
def test_form_post_is_a_page_that_posts_to_the_redirect_uri(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode="form_post"))
    browser.submit({}, "consent-allow")
    form = browser.page.form_with("answer-submit")

    assert browser.shown.status_code == 200
    assert browser.shown.mimetype == "text/html"
    assert browser.shown.headers["Cache-Control"] == "no-store"
    assert form is not None
    assert (form.method, form.action) == ("POST", rp.redirect_uri)
    assert {"code", "state", "iss"} <= set(form.fields)
    assert SCRIPT in browser.text


@pytest.mark.spec("Form Post Response Mode §5")
def test_form_may_go_nowhere_but_to_the_client(house: House, person: Person) -> None:
    rp = house.client(redirect_uris=("https://rp.example:8443/callback?a=b",))
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode="form_post", prompt="none"))
    policy = browser.shown.headers["Content-Security-Policy"]

    assert "form-action 'self' https://rp.example:8443" in policy
    assert "script-src 'self'" in policy
    assert browser.answer["error"] == "consent_required"


@pytest.mark.spec("Form Post Response Mode §2", "RFC 6749 §10.14")
@pytest.mark.parametrize("state", ['"><script>alert(1)</script>', "' onclick='x", "a&amp;b"])
def test_state_comes_back_as_it_was_and_never_as_markup(
    rp: RelyingParty, browser: Browser, state: str
) -> None:
    browser.open("/authorize", rp.request(response_mode="form_post", prompt="none", state=state))

    assert browser.answer["state"] == state
    assert "<script>alert" not in browser.text


@pytest.mark.spec(
    "OAuth 2.0 Multiple Response Types §2.1", "OIDC Core 1.0 §3.1.2.6", "Form Post Response Mode §2"
)
@pytest.mark.parametrize("mode", ["fragment", "form_post"])
def test_errors_travel_the_same_way(rp: RelyingParty, browser: Browser, mode: str) -> None:
    for parameters in ({"prompt": "none"}, {"response_type": "token"}, {"state": "é"}, {"scope": "x"}):
        browser.open("/authorize", rp.request(response_mode=mode, **parameters))

        assert browser.answer["error"]
        assert browser.answer["iss"] == rp.house.settings.issuer
        assert (browser.location is None) == (mode == "form_post")
        assert "?" not in (browser.location or "")


@pytest.mark.spec("Form Post Response Mode §2")
def test_refusal_of_the_person_travels_the_same_way(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode="form_post"))
    browser.submit({}, "consent-deny")

    assert browser.answer["error"] == "access_denied"


@pytest.mark.spec("OAuth 2.0 Multiple Response Types §2.1")
def test_unknown_mode_is_told_what_was_expected(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(response_mode="pigeon"))

    assert browser.answer["error"] == "invalid_request"
    assert "pigeon" in browser.answer["error_description"]
    assert "form_post" in browser.answer["error_description"]


@pytest.mark.spec("Discovery 1.0 §3")
def test_modes_advertised_are_those_in_the_table(document: dict[str, Any]) -> None:
    assert document["response_modes_supported"] == list(RESPONSE_MODES)


def test_script_is_served_and_is_es5(house: House) -> None:
    with house.app.test_client().get(f"/static/{SCRIPT}") as response:
        script = response.get_data(as_text=True)

    assert "submit()" in script
    assert not any(word in script for word in ("=>", "const ", "let ", "`"))


@pytest.mark.spec("Form Post Response Mode §2")
def test_page_of_a_form_post_is_kept_nowhere(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(response_mode="form_post"))
    browser.submit({}, "consent-allow")
    answered = browser.shown
    browser.open("/authorize", rp.request(response_mode="form_post", prompt="none", claims="["))

    for response in (answered, browser.shown):
        assert "answer-submit" in response.get_data(as_text=True)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
