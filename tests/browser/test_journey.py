"""The main job in a real Chromium: a person signs in at the portal, uses services, and leaves."""

import pytest
from playwright.sync_api import expect

from idp.assurance import Level
from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

VIEWS = [View("vi", SMALL), View("en", WIDE), View("vi", WIDE, "dark"), View("en", SMALL, "dark")]
TWO_VIEWS = VIEWS[:2]
WALKS = [*((view, True) for view in VIEWS), *((view, False) for view in TWO_VIEWS)]
WALK_NAMES = [f"{view}-{'script' if has_script else 'plain'}" for view, has_script in WALKS]
UNPROVEN = {400}


@pytest.fixture(params=TWO_VIEWS, ids=str)
def walk(request, browser, world):
    with walking(browser, world, request.param) as walk:
        yield walk


@pytest.mark.parametrize(("view", "has_script"), WALKS, ids=WALK_NAMES)
def test_citizen_signs_in_is_greeted_and_leaves_both_sites(browser, world, view, has_script):
    person = world.citizen()
    with walking(browser, world, view, has_script=has_script) as walk:
        page = walk.page
        walk.to_portal()
        walk.look("journey-01-portal")
        walk.press("#login")
        walk.look("journey-02-signin")
        walk.identify(person)
        walk.look("journey-03-totp")
        walk.prove(person.code())
        walk.look("journey-04-consent")
        walk.press("#consent-allow")
        assert page.url == f"{world.portal}/"
        expect(page.locator("#greeting")).to_contain_text(world.name_of(person))

        walk.press("#greeting")
        expect(page.locator("main")).to_contain_text(world.name_of(person))
        walk.look("journey-05-me")
        page.goto(f"{world.portal}/services/criminal-record")
        walk.look("journey-06-service")
        walk.press("#start")
        walk.look("journey-07-form")
        page.locator("#purpose").select_option("work")
        page.locator("label[for=paper-1]").click()
        page.locator("label[for=delivery-online]").click()
        walk.press("#apply-submit")
        expect(page.locator("#received")).to_be_visible()
        walk.look("journey-08-files")

        walk.press("#logout")
        assert page.url == f"{world.portal}/signed-out"
        walk.look("journey-09-signed-out")
        page.goto(world.account)
        expect(page.locator("#username")).to_be_visible()
        walk.look("journey-10-asked-again")


def test_password_alone_opens_a_level_one_service_and_a_code_the_next(world, walk):
    person = world.citizen(Level.ONE)
    page = walk.page
    walk.to_portal()
    page.goto(f"{world.portal}/services/health-insurance")
    walk.look("step-1-level-one")
    walk.press("#start")
    walk.identify(person)
    walk.press("#consent-allow")
    assert page.url == f"{world.portal}/services/health-insurance/apply"
    walk.look("step-2-answer")

    page.goto(f"{world.portal}/services/criminal-record")
    walk.look("step-3-more-is-asked")
    walk.press("#start")
    expect(page.locator("#password")).to_have_count(0)
    walk.look("step-4-code")
    walk.prove(person.code())

    assert page.url == f"{world.portal}/services/criminal-record/apply"
    expect(page.locator("#proven")).to_contain_text("2")


def test_code_by_text_message_is_read_from_the_outbox(world, walk):
    person = world.one_of_cast("long")
    walk.to_portal()
    walk.press("#login")
    walk.identify(person)
    walk.look("sms-1-sent")
    walk.prove(walk.code_from_outbox(person.account_id))
    if walk.page.locator("#consent-allow").count():  # the cast keeps what it has allowed
        walk.press("#consent-allow")

    expect(walk.page.locator("#greeting")).to_contain_text(world.name_of(person))


def test_another_way_than_the_app_can_be_chosen(world, walk):
    person = world.citizen()
    page = walk.page
    walk.to_portal()
    walk.press("#login")
    walk.identify(person)
    walk.press("#try-sms_otp")
    walk.look("way-1-sms")
    walk.press("#resend")
    expect(page.get_by_role("status")).to_be_visible()
    walk.look("way-2-sent-again")
    walk.prove(walk.code_from_outbox(person.account_id))

    expect(walk.page.locator("#consent-allow")).to_be_visible()


def test_declining_leads_back_with_nothing_shared(world, walk):
    person = world.citizen()
    page = walk.page
    walk.to_portal()
    walk.press("#login")
    walk.sign_in(person)
    walk.expected = {403}
    walk.press("#consent-deny")
    assert page.url == f"{world.portal}/problem"
    walk.look("decline-1-problem")
    walk.press("#again")

    expect(page.locator("#username")).to_be_visible()


def test_wrong_password_and_wrong_code_are_told_and_put_right(world, walk):
    person = world.citizen()
    page = walk.page
    walk.expected = UNPROVEN
    walk.to_portal()
    walk.press("#login")
    walk.identify(person, "khong-phai-mat-khau")
    expect(page.locator("#form-error")).to_be_visible()
    expect(page.locator("#password")).to_be_focused()
    walk.look("wrong-1-password")
    walk.identify(person)
    walk.prove("000000" if person.code() != "000000" else "000001")
    expect(page.locator("#form-error")).to_be_visible()
    expect(page.locator("#otp")).to_be_focused()
    walk.look("wrong-2-code")
    walk.prove(person.code())

    expect(page.locator("#consent-allow")).to_be_visible()


def test_leaving_the_sign_in_leads_back_to_the_portal(world, walk):
    walk.to_portal()
    walk.press("#login")
    walk.expected = {403}
    walk.press("#cancel")

    assert walk.page.url.startswith(world.portal)
    walk.look("leave-1-portal")


def test_keyboard_alone_signs_in(world, walk):
    person = world.one_of_cast("toan" if walk.view.language == "vi" else "quynh")
    page, keys = walk.page, walk.page.keyboard

    def reach(selector: str) -> None:
        for _ in range(40):
            if page.locator(f"{selector}:focus").count():
                shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert shown == "solid", selector
                return
            keys.press("Tab")
        raise AssertionError(selector)

    def enter() -> None:
        with page.expect_navigation(wait_until="load"):
            keys.press("Enter")

    walk.to_portal()
    reach("#login")
    enter()
    expect(page.locator("#username")).to_be_focused()
    keys.type(person.username)
    reach("#password")
    keys.type(person.password)
    enter()
    expect(page.locator("#otp")).to_be_focused()
    keys.type(person.code())
    enter()
    reach("#consent-allow")
    enter()

    expect(page.locator("#greeting")).to_contain_text(world.name_of(person))


def test_who_agreed_before_comes_straight_back_from_the_code(world, walk):
    person = world.citizen()
    walk.to_portal()
    walk.press("#login")
    walk.sign_in(person)
    walk.press("#consent-allow")
    walk.press("#logout")
    walk.to_portal()
    walk.press("#login")
    # The form's policy lets the browser follow the redirect to the portal, and from there to its front page.
    walk.sign_in(person, steps_ahead=1)

    assert walk.page.url == f"{world.portal}/"
    expect(walk.page.locator("#greeting")).to_contain_text(world.name_of(person))


def test_going_back_to_a_page_that_is_over_starts_again_kindly(world, walk):
    person = world.citizen()
    page = walk.page
    walk.to_portal()
    walk.press("#login")
    walk.sign_in(person)
    consent = page.url
    walk.press("#consent-allow")
    walk.expected = {400, 404, 410}
    page.goto(consent)
    expect(page.locator("#op-error")).to_be_visible()
    walk.look("over-1-error")
