"""A sign-in in progress belongs to one browser, one time and one end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from idp.accounts.account import LockGround
from tests.house import Browser, House, Person, RelyingParty


def start(browser: Browser, rp: RelyingParty, **request: str | None) -> str:
    """Open a sign-in; gives its address."""
    browser.open("/authorize", rp.request(**request))
    form = browser.page.forms[0]
    return "/".join(form.action.split("/")[:3])


def up_to_consent(browser: Browser, rp: RelyingParty, person: Person) -> str:
    address = start(browser, rp)
    browser.submit({"username": person.username, "password": person.password})
    browser.submit({"otp": person.code()})
    assert "consent-allow" in browser.page.ids
    return address


def form_token(browser: Browser) -> str:
    return browser.page.forms[0].fields["form_token"]


def test_two_tabs_that_finish_at_once_get_one_code(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = up_to_consent(browser, rp, person)
    sent = {"form_token": form_token(browser), "decision": "allow"}
    cookies = {cookie: browser.client.get_cookie(cookie).value for cookie in ("idp_browser",)}
    together = Barrier(8)

    def tab(_: int) -> tuple[int, str]:
        client = house.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        together.wait()
        answer = client.post(f"{address}/consent", data=sent)
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(8) as tabs:
        answers = list(tabs.map(tab, range(8)))

    codes = [where for _, where in answers if "code=" in where]
    assert len(codes) == 1
    assert sorted(status for status, _ in answers) == [303] + [410] * 7
    events = [entry.event for entry in house.provider.audit.for_account(person.account_id, 50)]
    assert events.count("code.issued") == events.count("consent.given") == 1
    assert len(house.provider.sessions.of(person.account_id)) == 1


def test_two_tabs_that_prove_at_once_leave_one_sign_in_standing(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = start(browser, rp)
    sent = {"form_token": form_token(browser), "username": person.username, "password": person.password}
    cookie = browser.client.get_cookie("idp_browser").value
    together = Barrier(2)

    def tab(_: int) -> int:
        client = house.app.test_client()
        client.set_cookie("idp_browser", cookie)
        together.wait()
        return client.post(f"{address}/identify", data=sent).status_code

    with ThreadPoolExecutor(2) as tabs:
        statuses = sorted(tabs.map(tab, range(2)))

    assert statuses in ([303, 303], [303, 409])
    browser.open(address)
    assert "otp" in browser.page.ids


def test_form_sent_twice_goes_on_to_the_page_that_is_next(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = start(browser, rp)
    browser.submit({"username": person.username, "password": person.password})
    token, code = form_token(browser), person.code()
    browser.submit({"otp": code})
    assert "consent-allow" in browser.page.ids

    again = browser.client.post(f"{address}/prove/totp", data={"form_token": token, "otp": code})

    assert (again.status_code, again.headers["Location"]) == (303, address)
    browser.open(address)
    assert "consent-allow" in browser.page.ids


def test_yes_said_twice_gives_one_code_and_then_a_kind_page(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = up_to_consent(browser, rp, person)
    sent = {"form_token": form_token(browser), "decision": "allow"}

    first = browser.client.post(f"{address}/consent", data=sent)
    second = browser.client.post(f"{address}/consent", data=sent)

    assert "code=" in first.headers["Location"]
    assert second.status_code == 410
    assert "Location" not in second.headers
    assert 'id="op-error"' in second.text


def test_another_browser_gets_a_kind_page_and_leaves_the_sign_in_whole(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = up_to_consent(browser, rp, person)
    other = house.browser()
    other.open("/authorize", rp.request())
    token = form_token(other)

    pages = [
        other.client.get(address),
        other.client.post(f"{address}/consent", data={"form_token": token, "decision": "allow"}),
        other.client.post(f"{address}/cancel", data={"form_token": token}),
        house.app.test_client().get(address),
    ]

    assert [page.status_code for page in pages] == [403] * 4
    assert all('<code id="op-code">interaction_foreign</code>' in page.text for page in pages)
    assert all(rp.redirect_uri not in page.text for page in pages)
    browser.submit({}, "consent-allow")
    assert "code" in browser.answer


def test_sign_in_that_took_too_long_gets_a_kind_page(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = start(browser, rp)
    house.clock.advance(timedelta(minutes=10, seconds=1))

    late = browser.submit({"username": person.username, "password": person.password})

    assert late.status_code == 410
    assert '<code id="op-code">interaction_expired</code>' in late.text
    assert browser.open(address).status_code == 410


def test_working_on_a_sign_in_does_not_prolong_it(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    address = start(browser, rp)
    house.clock.advance(timedelta(minutes=9))
    browser.submit({"username": person.username, "password": person.password})
    house.clock.advance(timedelta(minutes=1, seconds=1))

    assert browser.open(address).status_code == 410


@pytest.mark.parametrize("address", ["/signin/x", "/signin/" + "A" * 27, "/signin/%00", "/signin/é/consent"])
def test_sign_in_that_never_was_gets_a_kind_page(browser: Browser, address: str) -> None:
    page = browser.open(address)

    assert page.status_code in (404, 405, 410)
    assert 'id="op-error"' in page.text


PATHS = ("identify", "prove/password", "prove/totp", "choose/sms_otp", "consent", "restart", "cancel")


@pytest.mark.parametrize("path", PATHS)
def test_form_without_its_token_is_refused(
    rp: RelyingParty, person: Person, browser: Browser, path: str
) -> None:
    address = start(browser, rp)
    sent = {"username": person.username, "password": person.password, "decision": "allow"}

    refused = browser.client.post(f"{address}/{path}", data=sent)

    assert refused.status_code == 403
    assert '<code id="op-code">form_expired</code>' in refused.text
    browser.open(address)
    assert "username" in browser.page.ids


@pytest.mark.spec("RFC 6749 §10.12", "OIDC Core 1.0 §3.1.2.3")
@pytest.mark.parametrize("path", PATHS)
def test_form_with_the_token_of_another_browser_is_refused(
    house: House, rp: RelyingParty, person: Person, browser: Browser, path: str
) -> None:
    address = start(browser, rp)
    attacker = house.browser()
    attacker.open("/authorize", rp.request())
    sent = {"form_token": form_token(attacker), "username": person.username, "password": person.password}

    refused = browser.client.post(f"{address}/{path}", data=sent)

    assert refused.status_code == 403
    browser.open(address)
    assert "username" in browser.page.ids


def test_cookies_of_nobody_start_again(rp: RelyingParty, person: Person, browser: Browser) -> None:
    for name in ("idp_session", "idp_device", "idp_browser", "idp_language"):
        browser.client.set_cookie(name, "A" * 65)

    answer = browser.sign_in(rp, person)

    assert "code" in answer


@pytest.mark.parametrize("value", ["", "é", "\x01", "A" * 4000, "null", "../..", '"'])
def test_cookies_of_any_shape_break_nothing(rp: RelyingParty, browser: Browser, value: str) -> None:
    for name in ("idp_session", "idp_device", "idp_browser", "idp_language"):
        browser.client.set_cookie(name, value)

    assert browser.open("/authorize", rp.request()).status_code == 200
    assert browser.open("/account").status_code == 200


def test_account_locked_while_the_consent_page_stood_open_signs_in_nowhere(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    up_to_consent(browser, rp, person)
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")

    browser.submit({}, "consent-allow")

    assert browser.answer["error"] == "access_denied"
    assert "code" not in browser.answer
    house.provider.lifecycle.unlock(person.account_id, "cli")
    assert house.provider.sessions.of(person.account_id) == [], "no session waited for the unlock"


def test_session_ended_elsewhere_does_not_live_on_in_an_open_page(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)
    address = start(browser, rp, prompt="consent")
    assert "consent-allow" in browser.page.ids
    house.provider.sessions.end_all(person.account_id)

    answered = browser.submit({}, "consent-allow")

    assert answered.status_code == 410
    assert house.provider.sessions.of(person.account_id) == []
    shown = browser.open(address)
    assert shown.status_code == 410
    assert "Trần Thị Thu Hà" not in shown.text


def test_session_ended_elsewhere_is_not_stepped_up(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person, acr_values="urn:dinhdanh:aal:1")
    start(browser, rp, acr_values="urn:dinhdanh:aal:2")
    assert "otp" in browser.page.ids
    assert "password" not in browser.page.ids
    house.provider.sessions.end_all(person.account_id)

    answered = browser.submit({"otp": person.code()})

    assert answered.status_code == 410
    assert house.provider.sessions.of(person.account_id) == []
