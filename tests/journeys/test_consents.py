"""Yes, no, not now, and taking a yes back."""

import pytest

from tests.house import Browser, House, Person, RelyingParty

AGE = '{"userinfo": {"age_over_18": null}}'


def signed_in(browser: Browser, person: Person) -> None:
    """Leave a session, and no consent."""
    browser.open("/account")
    browser.submit({"username": person.username, "password": person.password})
    browser.submit({"otp": person.code()})


@pytest.fixture
def browser(house: House, person: Person) -> Browser:
    browser = house.browser()
    signed_in(browser, person)
    return browser


def test_yes_is_remembered(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({}, "consent-allow")

    again = browser.client.get("/authorize", query_string=rp.request())

    assert "code=" in again.headers["Location"]


def test_more_than_was_allowed_is_asked_for(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(scope="openid"))
    browser.submit({}, "consent-allow")

    browser.open("/authorize", rp.request(scope="openid profile"))

    assert "consent-allow" in browser.page.ids


def test_less_than_was_allowed_is_not_asked_for(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(scope="openid profile phone"))
    browser.submit({}, "consent-allow")

    again = browser.client.get("/authorize", query_string=rp.request(scope="openid phone"))

    tokens = rp.redeem(
        dict(part.split("=") for part in again.headers["Location"].split("?")[1].split("&"))["code"]
    )
    assert "name" not in rp.userinfo(tokens.json["access_token"]).json


@pytest.mark.spec("OpenID Connect Core 1.0 §3.1.2.1")
def test_prompt_consent_asks_again(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({}, "consent-allow")

    browser.open("/authorize", rp.request(prompt="consent"))

    assert "consent-allow" in browser.page.ids


@pytest.mark.spec("OpenID Connect Core 1.0 §3.1.2.6")
def test_silent_request_without_consent_is_refused(rp: RelyingParty, browser: Browser) -> None:
    sent = browser.client.get("/authorize", query_string=rp.request(prompt="none"))

    assert "error=consent_required" in sent.headers["Location"]


def test_no_goes_back_as_access_denied_and_is_not_remembered(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request())

    browser.submit({}, "consent-deny")

    assert (browser.answer["error"], browser.answer["state"]) == ("access_denied", "xyz")
    assert "iss" in browser.answer
    assert "code" not in browser.answer
    browser.open("/authorize", rp.request())
    assert "consent-allow" in browser.page.ids


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.4")
@pytest.mark.parametrize("said", [{}, {"decision": ""}, {"decision": "ALLOW"}, {"decision": "allow "}])
def test_anything_but_a_clear_yes_is_a_no(rp: RelyingParty, browser: Browser, said: dict[str, str]) -> None:
    browser.open("/authorize", rp.request())
    form = browser.page.forms[0]
    for form in browser.page.forms:
        if form.action.endswith("/consent"):
            break

    sent = browser.client.post(form.action, data={"form_token": form.fields["form_token"], **said})

    assert "error=access_denied" in sent.headers["Location"]


def test_no_is_an_event_of_its_own(house: House, rp: RelyingParty, person: Person, browser: Browser) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({}, "consent-deny")

    events = [entry.event for entry in house.provider.audit.for_account(person.account_id, 2)]

    assert "consent.refused" in events
    assert "sign_in.refused" in events


def test_going_back_before_signing_in_is_access_denied(rp: RelyingParty, house: House) -> None:
    browser = house.browser()
    browser.open("/authorize", rp.request())

    browser.submit({}, "cancel")

    assert (browser.answer["error"], browser.answer["state"]) == ("access_denied", "xyz")


def test_going_back_from_the_own_pages_is_a_kind_page(house: House) -> None:
    browser = house.browser()
    browser.open("/account")

    browser.submit({}, "cancel")

    assert "op-error" in browser.page.ids
    assert browser.shown.status_code < 500


def test_extra_left_unticked_is_not_given_and_not_asked_for_again(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(claims=AGE))
    assert 'value="age_over_18"' in browser.text
    assert "checked" not in browser.text, "no box is ticked for anybody"

    browser.submit({}, "consent-allow")

    tokens = rp.redeem(browser.answer["code"]).json
    assert "age_over_18" not in rp.userinfo(tokens["access_token"]).json
    again = browser.client.get("/authorize", query_string=rp.request(claims=AGE))
    assert "code=" in again.headers["Location"]


def test_extra_that_was_ticked_is_given(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(claims=AGE))
    form = browser.page.form_with("consent-allow")
    assert form is not None

    sent = browser.client.post(form.action, data=form.filled({}, "consent-allow") | {"claim": "age_over_18"})
    browser.response = sent

    tokens = rp.redeem(browser.answer["code"]).json
    assert rp.userinfo(tokens["access_token"]).json["age_over_18"] is True


def test_claim_that_was_not_asked_for_cannot_be_ticked(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request())
    form = browser.page.form_with("consent-allow")
    assert form is not None
    smuggled = {"claim": "identity_number age_over_18 phone_number"}

    browser.response = browser.client.post(form.action, data=form.filled({}, "consent-allow") | smuggled)

    tokens = rp.redeem(browser.answer["code"]).json
    known = rp.userinfo(tokens["access_token"]).json
    assert not {"identity_number", "age_over_18", "phone_number"} & set(known)


def withdraw(browser: Browser, client_id: str) -> int:
    browser.open("/account/consents")
    token = browser.page.forms[0].fields["form_token"]
    sent = browser.client.post("/account/consents", data={"form_token": token, "client": client_id})
    return sent.status_code


def test_yes_taken_back_ends_its_tokens_and_is_asked_for_again(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    other = house.client("other")
    tokens = {}
    for party in (rp, other):
        browser.open("/authorize", party.request(scope="openid profile offline_access"))
        browser.submit({}, "consent-allow")
        tokens[party.client_id] = party.redeem(browser.answer["code"]).json

    assert withdraw(browser, "rp") == 303

    assert rp.userinfo(tokens["rp"]["access_token"]).status_code == 401
    assert rp.refresh(tokens["rp"]["refresh_token"]).json["error"] == "invalid_grant"
    assert other.userinfo(tokens["other"]["access_token"]).status_code == 200
    assert other.refresh(tokens["other"]["refresh_token"]).status_code == 200
    browser.open("/authorize", rp.request())
    assert "consent-allow" in browser.page.ids
    events = [entry.event for entry in house.provider.audit.for_account(person.account_id, 50)]
    assert events.count("consent.withdrawn") == 1


def test_yes_is_taken_back_only_by_who_gave_it(house: House, rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({}, "consent-allow")
    other = house.browser()
    signed_in(other, house.person())

    other.open("/account")
    other.client.post("/account/consents", data={"form_token": "x", "client": "rp"})
    other.open("/account/consents")
    assert other.page.forms == () or withdraw(other, "rp") == 303

    assert "code=" in browser.client.get("/authorize", query_string=rp.request()).headers["Location"]


def test_consent_is_kept_with_the_purpose_that_was_shown(
    house: House, person: Person, browser: Browser
) -> None:
    purposeful = house.client("purposeful", purpose={"vi": "cấp phiếu lý lịch", "en": "issue a certificate"})

    browser.sign_in(purposeful, person)

    kept = house.provider.consents.find(person.account_id, "purposeful")
    assert kept is not None
    assert kept.purpose == "cấp phiếu lý lịch"
    browser.open("/account/consents")
    assert "cấp phiếu lý lịch" in browser.text
