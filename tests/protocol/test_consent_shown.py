"""A yes is to what was shown: what an account had not got then was shown to nobody (Law 91/2025)."""

import json
from dataclasses import replace

import pytest

from idp.oidc.consent import Consent
from tests.house import Browser, House, Person, RelyingParty

LEVEL = "urn:dinhdanh:aal:1"
MAIL = "mai@example.vn"
CLAIMS = json.dumps({"userinfo": {"email": {"essential": True}, "province": None}})
WAYS = [{"scope": "openid email"}, {"scope": "openid profile", "claims": CLAIMS}]


def gets_mail(house: House, person: Person) -> None:
    """An address is added to the account."""
    account = house.provider.accounts.the(person.account_id)
    house.provider.accounts.rewrite(replace(account, email=MAIL))


def asks(browser: Browser, rp: RelyingParty, person: Person, wish: dict[str, str]) -> bool:
    """Whether the person is asked for consent on the way; the page stands open then."""
    browser.open("/authorize", rp.request(acr_values=LEVEL, **wish))
    if browser.location is None and "username" in browser.page.ids:
        browser.submit({"username": person.username, "password": person.password})
    return browser.location is None


def token_of(browser: Browser, rp: RelyingParty, person: Person, wish: dict[str, str]) -> str:
    """An access token; the person says yes where they are asked."""
    if asks(browser, rp, person, wish):
        browser.submit({}, "consent-allow")
    token: str = rp.redeem(browser.answer["code"]).json["access_token"]
    return token


def consent_of(house: House, rp: RelyingParty, person: Person) -> Consent:
    consent = house.provider.consents.find(person.account_id, rp.client_id)
    assert consent is not None
    return consent


@pytest.mark.spec("OpenID Connect Core 1.0 §5.5.1")
@pytest.mark.parametrize("wish", WAYS)
def test_what_the_account_lacked_is_asked_once_it_is_there(
    house: House, rp: RelyingParty, person: Person, browser: Browser, wish: dict[str, str]
) -> None:
    assert "email" not in rp.userinfo(token_of(browser, rp, person, wish)).json
    assert not asks(browser, rp, person, wish)
    gets_mail(house, person)

    assert asks(browser, rp, person, wish)

    assert MAIL in browser.text
    browser.submit({}, "consent-allow")
    assert rp.userinfo(rp.redeem(browser.answer["code"]).json["access_token"]).json["email"] == MAIL
    assert not asks(browser, rp, person, wish)


@pytest.mark.parametrize("wish", WAYS)
def test_what_the_account_lacked_stays_out_of_what_was_allowed_before(
    house: House, rp: RelyingParty, person: Person, browser: Browser, wish: dict[str, str]
) -> None:
    wish = {**wish, "scope": f"{wish['scope']} offline_access", "prompt": "consent"}
    assert asks(browser, rp, person, wish)
    browser.submit({}, "consent-allow")
    tokens = rp.redeem(browser.answer["code"]).json

    gets_mail(house, person)

    refreshed = rp.refresh(tokens["refresh_token"]).json
    for token in (tokens["access_token"], refreshed["access_token"]):
        assert rp.userinfo(token).json.keys().isdisjoint({"email", "email_verified"})


@pytest.mark.parametrize("wish", WAYS)
def test_what_appeared_is_not_had_silently(
    house: House, rp: RelyingParty, person: Person, browser: Browser, wish: dict[str, str]
) -> None:
    token_of(browser, rp, person, wish)
    gets_mail(house, person)

    browser.open("/authorize", rp.request(acr_values=LEVEL, prompt="none", **wish))

    assert browser.answer["error"] == "consent_required"


def test_refused_extra_that_appears_leaves_the_rest_as_it_was(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    token_of(browser, rp, person, WAYS[0])
    gets_mail(house, person)

    assert not asks(browser, rp, person, {"scope": "openid"})


def test_receipt_does_not_name_what_was_not_shown(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    token_of(browser, rp, person, WAYS[1])

    record = house.provider.consents.ever(person.account_id)[0]

    shared = house.provider.receipts.claims(record, "en")["services"][0]["purposes"][0]["piiCategory"]
    assert "name" in shared
    assert "email" not in shared
    assert "email" in consent_of(house, rp, person).lacked
