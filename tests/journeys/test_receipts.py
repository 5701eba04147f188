"""Receipts of consents, and what follows when one is taken back."""

from datetime import date, timedelta
from typing import Any

import pytest

from idp.statute.ages import day_in_vietnam
from tests.house import Browser, House, Person, RelyingParty
from tests.journeys.test_own_pages import enter, events

PURPOSE = {"vi": "cấp phiếu lý lịch tư pháp", "en": "issue a certificate"}


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client(
        purpose=PURPOSE, legal_basis="Law on Judicial Records, Art. 7", retention="5 years", is_vetted=True
    )


def agree(browser: Browser, rp: RelyingParty, person: Person, **asked: str) -> Any:
    """Allow it; gives the kept consent."""
    browser.sign_in(rp, person, **asked)
    return browser.house.provider.consents.ever(person.account_id)[0]


def test_receipt_says_who_may_see_what_why_and_for_how_long(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    kept = agree(browser, rp, person, claims='{"userinfo": {"province": {"essential": true}}}')

    browser.open(f"/account/consents/{kept.id}")

    assert browser.shown.status_code == 200
    for told in ("Trang thử", PURPOSE["vi"], "Law on Judicial Records, Art. 7", "5 years", str(kept.id)):
        assert told in browser.text
    assert person.username not in browser.text


def test_downloaded_receipt_is_signed_by_keys_that_we_publish(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    kept = agree(browser, rp, person)

    file = browser.open(f"/account/consents/{kept.id}/receipt.jwt")

    header, claims = house.id_token(file.text)
    assert header["typ"] == "consent-receipt+jwt"
    assert file.headers["Cache-Control"] == "no-store"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert claims["consentReceiptID"] == str(kept.id)
    assert claims["consentTimestamp"] == int(kept.consent.given_at.timestamp())
    assert claims["piiControllers"][0]["piiController"] == "Trang thử"
    (purpose,) = claims["services"][0]["purposes"]
    assert (purpose["purpose"], purpose["consentType"]) == (PURPOSE["vi"], "EXPLICIT")
    assert {"name", "birthdate"} <= set(purpose["piiCategory"])
    assert (claims["legal_basis"], claims["retention"]) == ("Law on Judicial Records, Art. 7", "5 years")
    assert claims["withdrawal"]["state"] == "given"
    sub = house.provider.subjects.subject(house.provider.clients.find(rp.client_id), person.account_id)
    assert claims["sub"] == sub, "the client knows the person by it, and no other client does"
    assert person.username not in str(claims)


def test_receipt_keeps_what_was_told_when_the_client_is_registered_otherwise_later(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    kept = agree(browser, rp, person)
    assert kept.terms["legal_basis"] == "Law on Judicial Records, Art. 7"
    house.provider.clients.disable(rp.client_id)

    claims = house.provider.receipts.claims(house.provider.consents.record(kept.id), "en")

    assert claims["piiControllers"][0]["piiController"] == "Trial site"
    assert (claims["retention"], claims["terms_as_registered"]) == ("5 years", "then")


@pytest.mark.parametrize("path", ["", "/receipt.jwt"])
def test_receipt_of_somebody_else_is_not_there(
    house: House, rp: RelyingParty, person: Person, browser: Browser, path: str
) -> None:
    theirs = agree(house.browser(), rp, house.person())
    enter(browser, person)

    for consent_id in (theirs.id, "0", "x"):
        assert browser.open(f"/account/consents/{consent_id}{path}").status_code == 404


def test_withdrawn_consent_ends_access_at_once_and_starts_the_laws_term(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    enter(browser, person)
    tokens = rp.redeem(browser.sign_in(rp, person, scope="openid offline_access")["code"]).json
    browser.open("/account/consents")
    today = day_in_vietnam(house.clock())

    token = browser.page.forms[-1].fields["form_token"]
    browser.client.post("/account/consents", data={"form_token": token, "client": rp.client_id})

    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert rp.refresh(tokens["refresh_token"]).status_code == 400
    kept = house.provider.consents.ever(person.account_id)[0]
    assert kept.is_withdrawn
    assert kept.article == "356/2025 Art. 5"
    last_day = day_in_vietnam(kept.due_at - timedelta(microseconds=1))
    assert last_day >= today + timedelta(days=15)
    browser.open("/account/consents")
    assert "withdrawn" in browser.page.ids
    assert f"{last_day:%d/%m/%Y}" in browser.text
    assert events(house, person).count("consent.withdrawn") == 1


def test_withdrawn_consent_is_told_to_a_client_that_can_be_told(
    house: House, person: Person, browser: Browser
) -> None:
    rp = house.client("told", backchannel_logout_uri="https://told.example/ended")
    house.provider.session_room.courier.stop()
    rp.redeem(browser.sign_in(rp, person)["code"])

    house.provider.consents.withdraw(person.account_id, rp.client_id)

    (word,) = house.provider.session_room.deliveries.recent(5)
    assert (word.client_id, word.account_id) == (rp.client_id, person.account_id)
    browser.open("/account/consents")
    assert "đang báo cho dịch vụ" in browser.text
    house.provider.session_room.deliveries.settle(word, type(word.state)("delivered"), "200")
    browser.open("/account/consents")
    assert "dịch vụ đã được báo" in browser.text


def test_client_confirms_and_the_holder_sees_it(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    enter(browser, person)
    kept = agree(browser, rp, person)
    provider = house.provider
    provider.consents.withdraw(person.account_id, rp.client_id)
    assert [waiting.id for waiting in provider.consents.unconfirmed()] == [kept.id]

    provider.consents.confirm(kept.id, "cli")

    assert provider.consents.unconfirmed() == []
    browser.open("/account/consents")
    assert "dịch vụ xác nhận đã ngừng dùng" in browser.text
    assert "consent.withdrawal_confirmed" in events(house, person)


def test_wider_consent_is_no_withdrawal(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    agree(browser, rp, person, scope="openid")
    agree(browser, rp, person, scope="openid phone")

    first, second = reversed(house.provider.consents.ever(person.account_id))

    assert first.ended_at is not None
    assert not first.is_withdrawn
    assert second.ended_at is None
    assert house.provider.consents.unconfirmed() == []


def test_withdrawing_at_tet_gives_the_client_until_offices_work_again(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    agree(browser, rp, person)
    house.clock.now = house.clock().replace(year=2027, month=1, day=22, hour=3)  # 15 days on it is Tết

    house.provider.consents.withdraw(person.account_id, rp.client_id)

    kept = house.provider.consents.ever(person.account_id)[0]
    assert day_in_vietnam(kept.due_at - timedelta(microseconds=1)) > date(2027, 2, 6)
