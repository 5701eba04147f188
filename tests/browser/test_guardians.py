"""A guardian in a real Chromium: files for a child, then signs in for it, both having agreed."""

import pytest
from playwright.sync_api import expect

from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

# As the sample register has them: a guardian, and a child between seven and thirteen.
FAMILIES = (
    ("025156994541", "008317999472", "Vi Hồng Huệ", "20/3/2017"),
    ("002148999361", "051317995207", "Mai Khánh Dung", "25/12/2017"),
)
VIEWS = [View("vi", SMALL), View("en", WIDE)]


@pytest.fixture(params=zip(VIEWS, FAMILIES, strict=True), ids=lambda each: str(each[0]))
def family(request):
    return request.param


@pytest.fixture
def walk(family, browser, world):
    with walking(browser, world, family[0]) as walk:
        yield walk


def test_guardian_files_for_a_child_and_acts_for_it(world, walk, family):
    number, child, name, born = family[1]
    guardian = world.citizen(number=number)
    page = walk.page
    walk.to_provider("/account/dependants")
    walk.sign_in(guardian)
    walk.look("guardian-01-none")
    walk.press("#apply")
    walk.look("guardian-02-form")
    page.locator("#username").fill(child)
    page.locator("#name").fill(name)
    page.locator("#birth-date").fill(born)
    walk.press("#dependant-submit")
    expect(page.locator("#outcome")).to_be_visible()
    walk.look("guardian-03-accepted")
    walk.to_provider("/account/dependants")
    expect(page.locator("#dependants")).to_contain_text(name)
    walk.look("guardian-04-list")
    walk.press("#lock-1")
    walk.look("guardian-05-lock")

    walk.to_portal()
    walk.press("#login")
    walk.look("guardian-06-whom")
    walk.press("#whom-1")
    expect(page.locator("#acting-for")).to_contain_text(name)
    expect(page.locator("#child input")).not_to_be_checked()
    walk.look("guardian-07-consent")
    page.locator("#consent-allow").click()
    assert page.url.startswith(world.issuer)
    page.locator("#child input").check()
    walk.press("#consent-allow")

    assert page.url.startswith(world.portal)
    account = world.provider.accounts.by_number(child)
    consent = world.provider.consents.find(account.id, "portal")
    assert (consent.given_by, consent.child_agreed) == (guardian.account_id, True)
