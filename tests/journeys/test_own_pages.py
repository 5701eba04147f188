"""A holder's own pages: where signed in, how signed in, changing both."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from werkzeug.test import TestResponse

from idp.web.pages.my_account import JUST_NOW
from tests.house import Browser, House, Person, RelyingParty

NEW = "nam-con-chim-se-tren-cay-42"


def enter(browser: Browser, person: Person, page: str = "/account") -> None:
    """Sign in on the way to one of the own pages."""
    browser.house.clock.advance_step()
    browser.open(page)
    browser.submit({"username": person.username, "password": person.password})
    code = person.code() if person.totp_secret else browser.house.last_sms_code()
    browser.submit({"otp": code})


def send(browser: Browser, page: str, **fields: str) -> TestResponse:
    browser.open("/account/password")
    token = browser.page.forms[0].fields["form_token"]
    return browser.client.post(page, data={"form_token": token, **fields})


def events(house: House, person: Person) -> list[str]:
    return [str(entry.event) for entry in house.provider.audit.for_account(person.account_id, 50)]


@pytest.mark.parametrize(
    "page", ["", "/sessions", "/consents", "/history", "/security", "/totp", "/password"]
)
def test_page_is_shown_after_signing_in_and_names_nothing_before(
    house: House, person: Person, browser: Browser, page: str
) -> None:
    first = browser.open(f"/account{page}")
    assert first.status_code == 200
    assert "Trần Thị Thu Hà" not in browser.text

    enter(browser, person, f"/account{page}")

    assert browser.shown.status_code == 200
    assert "username" not in browser.page.ids
    assert person.username not in browser.text, "the whole number stands on no page"


def test_weaker_session_is_stepped_up_on_the_way(rp: RelyingParty, person: Person, browser: Browser) -> None:
    browser.sign_in(rp, person, acr_values="urn:dinhdanh:aal:1")

    browser.open("/account")

    assert "otp" in browser.page.ids
    assert "password" not in browser.page.ids


def test_ending_another_session_ends_its_browser_and_its_grants(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    lost = house.browser()
    tokens = rp.redeem(lost.sign_in(rp, person)["code"]).json
    enter(browser, person)
    mine = {session.id for session in house.provider.sessions.of(person.account_id)}
    assert len(mine) == 2
    _, claims = house.id_token(tokens["id_token"])

    send(browser, "/account/sessions", session=str(claims["sid"]))

    assert rp.userinfo(tokens["access_token"]).status_code == 401
    lost.open("/authorize", rp.request())
    assert "username" in lost.page.ids
    browser.open("/account")
    assert "username" not in browser.page.ids
    assert "session.ended" in events(house, person)


def test_all_other_sessions_may_be_ended_at_once(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    for _ in range(2):
        house.browser().sign_in(rp, person)
    enter(browser, person)

    browser.open("/account/sessions")
    browser.submit({}, "end-others")

    assert len(house.provider.sessions.of(person.account_id)) == 1
    assert "sessions" in browser.page.ids


def test_session_of_somebody_else_cannot_be_ended(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    victim = house.person()
    house.browser().sign_in(rp, victim)
    theirs = house.provider.sessions.of(victim.account_id)[0]
    enter(browser, person)

    send(browser, "/account/sessions", session=str(theirs.id))

    assert house.provider.sessions.of(victim.account_id) == [theirs]


@pytest.mark.parametrize(
    "page", ["/account/sessions", "/account/consents", "/account/security", "/account/totp"]
)
def test_own_page_takes_no_form_without_its_token(
    house: House, rp: RelyingParty, person: Person, browser: Browser, page: str
) -> None:
    browser.sign_in(rp, person)
    app = house.provider.authenticators.of(person.account_id)
    form = {"session": "others", "client": "rp", "authenticator": str(app[-1].id), "otp": person.code()}

    refused = browser.client.post(page, data=form)

    assert refused.status_code == 403
    assert house.provider.authenticators.of(person.account_id) == app
    assert house.provider.consents.find(person.account_id, "rp") is not None


def test_changed_password_signs_out_every_other_browser(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    thief = house.browser()
    stolen = rp.redeem(thief.sign_in(rp, person)["code"]).json
    enter(browser, person, "/account/password")

    browser.submit({"password": person.password, "new-password": NEW}, "password-submit")

    assert browser.shown.status_code == 200
    assert rp.userinfo(stolen["access_token"]).status_code == 401
    thief.open("/authorize", rp.request())
    assert "username" in thief.page.ids
    thief.submit({"username": person.username, "password": person.password})
    assert thief.shown.status_code == 400, "the old password opens nothing"
    thief.open("/authorize", rp.request())
    thief.submit({"username": person.username, "password": NEW})
    assert "otp" in thief.page.ids
    browser.open("/account")
    assert "username" not in browser.page.ids, "this browser stays"
    assert "authenticator.changed" in events(house, person)


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_changed_password_ends_what_clients_kept_for_when_the_holder_is_away(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    kept = rp.redeem(house.browser().sign_in(rp, person, scope="openid offline_access")["code"]).json
    enter(browser, person, "/account/password")
    mine = rp.redeem(browser.sign_in(rp, person, scope="openid offline_access")["code"]).json

    browser.open("/account/password")
    browser.submit({"password": person.password, "new-password": NEW}, "password-submit")

    assert rp.refresh(kept["refresh_token"]).json["error"] == "invalid_grant"
    assert rp.userinfo(kept["access_token"]).status_code == 401
    assert rp.refresh(mine["refresh_token"]).status_code == 200, "what was allowed in this browser goes on"


def test_sign_in_begun_with_the_old_password_ends_with_it(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    thief = house.browser()
    thief.open("/authorize", rp.request())
    thief.submit({"username": person.username, "password": person.password})
    house.clock.advance_step()
    thief.submit({"otp": person.code()})
    assert "consent-allow" in thief.page.ids
    enter(browser, person, "/account/password")
    browser.submit({"password": person.password, "new-password": NEW}, "password-submit")

    thief.submit({}, "consent-allow")

    assert thief.location is None
    assert thief.shown.status_code == 410
    assert len(house.provider.sessions.of(person.account_id)) == 1


def test_sign_in_with_a_code_app_that_is_removed_meanwhile_ends(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    thief = house.browser()
    thief.open("/authorize", rp.request())
    thief.submit({"username": person.username, "password": person.password})
    house.clock.advance_step()
    thief.submit({"otp": person.code()})
    enter(browser, person, "/account/security")
    browser.submit({}, remove_button(house, person))

    thief.submit({}, "consent-allow")

    assert thief.shown.status_code == 410


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"password": "khong-phai", "new-password": NEW}, "form-error"),
        ({"new-password": "ngan"}, "form-error"),
        ({"new-password": "password"}, "form-error"),
        ({"new-password": "001199000001"}, "form-error"),
    ],
)
def test_password_that_cannot_be_changed_stays(
    house: House, rp: RelyingParty, person: Person, browser: Browser, answers: dict[str, str], reason: str
) -> None:
    enter(browser, person, "/account/password")

    refused = browser.submit({"password": person.password, **answers}, "password-submit")

    assert refused.status_code == 400
    assert reason in browser.page.ids
    other = house.browser()
    other.open("/authorize", rp.request())
    other.submit({"username": person.username, "password": person.password})
    assert "otp" in other.page.ids


def test_guessing_the_old_password_here_is_counted_and_stopped(
    house: House, person: Person, browser: Browser
) -> None:
    enter(browser, person, "/account/password")
    statuses = [
        browser.submit({"password": f"doan-mo-{n}", "new-password": NEW}, "password-submit").status_code
        for n in range(6)
    ]

    assert statuses == [400] * 5 + [429]
    assert int(browser.shown.headers["Retry-After"]) > 0


def remove_button(house: House, person: Person) -> str:
    held = house.provider.authenticators.of(person.account_id)
    return next(f"remove-{known.id}" for known in held if known.method == "totp")


def secret_on(browser: Browser) -> str:
    found = re.search(r'id="totp-secret">([A-Z2-7 ]+)</code>', browser.text)
    assert found is not None
    return found[1].replace(" ", "")


def test_code_app_is_added_and_signs_in_from_then_on(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    person = house.person(has_totp=False)
    enter(browser, person, "/account/totp")
    secret = secret_on(browser)
    code = pyotp.TOTP(secret).at(house.clock())

    browser.submit({"otp": code, "label": "Điện thoại"}, "totp-submit")

    assert browser.shown.status_code == 200
    assert "authenticator.enrolled" in events(house, person)
    other = house.browser()
    other.open("/authorize", rp.request())
    other.submit({"username": person.username, "password": person.password})
    other.submit({"otp": code})
    assert other.shown.status_code == 400, "the code that was shown at enrolment is spent"
    house.clock.advance_step()
    other.submit({"otp": pyotp.TOTP(secret).at(house.clock())})
    assert "consent-allow" in other.page.ids


def test_wrong_code_enrols_nothing_and_keeps_the_secret(house: House, browser: Browser) -> None:
    person = house.person(has_totp=False)
    enter(browser, person, "/account/totp")
    secret = secret_on(browser)
    wrong = f"{(int(pyotp.TOTP(secret).at(house.clock())) + 1) % 10**6:06}"

    browser.submit({"otp": wrong}, "totp-submit")

    assert browser.shown.status_code == 400
    assert secret_on(browser) == secret
    assert [a.method for a in house.provider.authenticators.of(person.account_id)] == ["password"]


def test_qr_code_names_the_holder_only_by_the_masked_number(house: House, browser: Browser) -> None:
    person = house.person(has_totp=False)
    enter(browser, person, "/account/totp")
    held = house.provider.sessions.of(person.account_id)[0]

    account = house.provider.accounts.the(person.account_id)
    uri = house.provider.totp_enrolment.uri(house.provider.totp_enrolment.begin(held.id), account.number_hint)

    assert person.username not in uri
    assert parse_qs(urlsplit(uri).query)["secret"] == [secret_on(browser)]


def test_code_app_may_be_removed_and_the_password_may_not(
    house: House, person: Person, browser: Browser
) -> None:
    enter(browser, person, "/account/security")
    held = {known.method: known for known in house.provider.authenticators.of(person.account_id)}

    for known in held.values():
        send(browser, "/account/security", authenticator=str(known.id))

    assert [a.method for a in house.provider.authenticators.of(person.account_id)] == ["password"]
    assert "authenticator.removed" in events(house, person)


def test_browser_left_open_adds_no_code_app(house: House, person: Person, browser: Browser) -> None:
    enter(browser, person, "/account/totp")
    secret = secret_on(browser)
    page = browser.page.form_with("totp-submit")
    assert page is not None
    house.clock.advance(JUST_NOW + timedelta(seconds=1))
    code = pyotp.TOTP(secret).at(house.clock())

    refused = browser.client.post("/account/totp", data=page.filled({"otp": code}, "totp-submit"))
    browser.open("/account/totp")

    assert refused.status_code == 303
    assert "password" in browser.page.ids
    assert secret not in browser.text.replace(" ", "")
    assert len(house.provider.authenticators.of(person.account_id)) == 2
    browser.submit({"password": person.password})
    house.clock.advance_step()
    browser.submit({"otp": person.code()})
    browser.submit({"otp": pyotp.TOTP(secret_on(browser)).at(house.clock()), "label": "b"}, "totp-submit")
    assert len(house.provider.authenticators.of(person.account_id)) == 3


def test_browser_left_open_removes_no_code_app(house: House, person: Person, browser: Browser) -> None:
    enter(browser, person, "/account/security")
    house.clock.advance(JUST_NOW + timedelta(seconds=1))
    browser.open("/account/security")
    assert remove_button(house, person) in browser.page.ids, "looking is free"

    browser.submit({}, remove_button(house, person))

    assert "password" in browser.page.ids
    assert len(house.provider.authenticators.of(person.account_id)) == 2
    browser.submit({"password": person.password})
    house.clock.advance_step()
    browser.submit({"otp": person.code()})
    assert "done" in browser.page.ids, "back on the page, told to choose again"
    browser.submit({}, remove_button(house, person))
    assert [a.method for a in house.provider.authenticators.of(person.account_id)] == ["password"]


def test_account_without_a_second_way_is_told_so_on_its_own_pages(house: House, browser: Browser) -> None:
    person = house.person(has_totp=False, phone=None)
    browser.open("/account")

    browser.submit({"username": person.username, "password": person.password})

    assert browser.shown.status_code in (400, 403)
    assert "op-error" in browser.page.ids
