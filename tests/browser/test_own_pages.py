"""A holder's own pages in a real Chromium: activate, keep safe, look after, take back."""

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

VIEWS = [View("vi", SMALL), View("en", WIDE, "dark")]
UNPROVEN = {400}
NEW_PASSWORD = "con-trau-di-truoc-cai-cay"


@pytest.fixture(params=VIEWS, ids=str)
def walk(request, browser, world):
    with walking(browser, world, request.param) as walk:
        walk.to_provider("/")
        yield walk


def test_front_help_privacy_and_a_wrong_address_are_fit_to_read(world, walk):
    walk.look("own-01-front")
    for name in ("help", "privacy", "outbox"):
        walk.to_provider(f"/{name}")
        walk.look(f"own-02-{name}")
    walk.expected = {400, 404}
    for name, path in (("lost", "/nowhere"), ("client", "/authorize?client_id=nobody&redirect_uri=x")):
        walk.to_provider(path)
        expect(walk.page.locator("#op-error")).to_be_visible()
        walk.look(f"own-03-{name}")


def test_newcomer_activates_the_account_and_signs_in(world, walk):
    newcomer = world.newcomer()
    page = walk.page
    walk.expected = UNPROVEN
    walk.to_provider("/activate")
    walk.look("own-04-activate")
    page.locator("#username").fill(newcomer.number)
    page.locator("#resend").click()
    expect(page.get_by_role("status")).to_be_visible()
    walk.look("own-05-activate-sent")

    def activate(code: str, password: str) -> None:
        page.locator("#otp").fill(code)
        page.locator("#new-password").fill(password)
        walk.press("#activate-submit")

    activate("000000", "12345678")
    expect(page.locator("#form-error")).to_be_visible()
    walk.look("own-06-activate-weak")
    code = walk.code_from_outbox(newcomer.id)
    activate("000000" if code != "000000" else "000001", NEW_PASSWORD)
    expect(page.locator("#form-error")).to_be_visible()
    walk.look("own-07-activate-wrong")
    activate(code, NEW_PASSWORD)
    walk.look("own-07-activated")
    walk.press("#activated")
    page.locator("#username").fill(newcomer.number)
    page.locator("#password").fill(NEW_PASSWORD)
    walk.press("#login-submit")
    walk.prove(walk.code_from_outbox(newcomer.id))

    assert page.url == world.account


def test_app_is_added_by_its_secret_and_removed(world, walk):
    person = world.citizen(has_totp=False)
    page = walk.page
    walk.expected = UNPROVEN
    walk.to_provider("/account")
    walk.identify(person)
    walk.prove(walk.code_from_outbox(person.account_id))
    walk.look("own-08-home")
    walk.to_provider("/account/security")
    walk.look("own-09-security-bare")
    walk.to_provider("/account/totp")
    secret = page.locator("#totp-secret").inner_text().replace(" ", "")
    page.locator("#otp").fill("12345")
    walk.press("#totp-submit")
    walk.look("own-10-totp-wrong")
    assert page.locator("#totp-secret").inner_text().replace(" ", "") == secret
    page.locator("#otp").fill(pyotp.TOTP(secret).now())
    walk.press("#totp-submit")
    expect(page.locator("#done")).to_be_visible()
    walk.look("own-11-security")

    walk.press("button.grave")
    expect(page.locator("#done")).to_be_visible()
    expect(page.locator("button.grave")).to_have_count(0)


def test_password_is_changed_only_for_a_good_one(world, walk):
    person = world.citizen()
    walk.expected = UNPROVEN
    walk.to_provider("/account/password")
    walk.sign_in(person)
    walk.look("own-12-password")

    def change(old: str, new: str) -> None:
        walk.page.locator("#password").fill(old)
        walk.page.locator("#new-password").fill(new)
        walk.press("#password-submit")

    change("khong-phai-mat-khau", NEW_PASSWORD)
    walk.look("own-13-password-wrong")
    change(person.password, person.username)
    walk.look("own-14-password-own-number")
    change(person.password, NEW_PASSWORD)

    expect(walk.page.locator("#done")).to_be_visible()


def test_other_browser_is_signed_out_from_the_list(browser, world, walk):
    person = world.citizen()
    with walking(browser, world, walk.view) as other:
        other.to_provider("/account")
        other.sign_in(person)
        walk.to_provider("/account/sessions")
        walk.sign_in(person, steps_ahead=1)
        walk.look("own-15-sessions")
        walk.press("button[name=session]:not([value=others])")
        walk.look("own-16-sessions-one")

        other.to_provider("/account")
        expect(other.page.locator("#username, #password").first).to_be_visible()


def test_consent_is_withdrawn_and_asked_for_again(world, walk):
    person = world.citizen()
    page = walk.page
    walk.to_portal()
    walk.press("#login")
    walk.sign_in(person)
    walk.press("#consent-allow")
    walk.to_provider("/account/consents")
    walk.look("own-17-consents")
    walk.to_provider("/account/history")
    walk.look("own-18-history")
    walk.to_provider("/account/consents")
    walk.press("button[name=client]")
    walk.look("own-19-consents-none")

    # The portal's own visit ended with the consent, as soon as it hears or asks: the second look begins anew.
    walk.expected = {401, 403, 409}
    page.goto(f"{world.portal}/me")
    page.goto(f"{world.portal}/me")
    expect(page.locator("#consent-allow")).to_be_visible()


def test_signing_out_here_asks_first(world, walk):
    person = world.citizen()
    page = walk.page
    walk.to_provider("/account")
    walk.sign_in(person)
    page.locator("nav.parts a[href='/logout'], .narrow-only a[href='/logout']").locator(
        "visible=true"
    ).click()
    walk.look("own-21-logout")
    walk.press("#logout-stay")
    assert page.url == world.account
    walk.to_provider("/logout")
    walk.press("#logout-confirm")
    walk.look("own-22-logged-out")
    walk.to_provider("/account")

    expect(page.locator("#username")).to_be_visible()
