"""An organisation gets its account in a real Chromium: filed for, agreed on, activated."""

import pytest
from playwright.sync_api import expect

from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

LIST = "/account/organisations"
# Organisations of the sample register that the demonstration does not use, and all who represent them.
WALKS = {
    View("vi", SMALL): ("9000000302", ("067177998547", "051082992876")),
    View("en", WIDE, "dark"): ("9000000341", ("054082992950", "054302995281", "084300994292")),
}


@pytest.mark.parametrize("view", WALKS, ids=str)
def test_organisation_is_filed_for_agreed_on_and_activated(browser, world, view):
    code, numbers = WALKS[view]
    filer, *others = (world.citizen(number=number) for number in numbers)
    with walking(browser, world, view) as walk:
        file(walk, filer, code, len(numbers))
        for place, other in enumerate(others):
            agree(browser, world, view, other, place)
        page = walk.page
        account = world.provider.accounts.by_number(code)
        page.goto(page.url)
        walk.look("organisations-08-accepted")
        walk.press("#to-activate")
        walk.look("organisations-09-activate")
        page.locator("#otp-1").fill(walk.code_from_outbox(account.id))
        walk.press("#activate-1")
        expect(page.locator("#done")).to_be_visible()
        walk.look("organisations-10-active")

    assert world.provider.accounts.get(account.id).is_active
    assert len(world.provider.mandates.of_principal(account.id)) == len(numbers)


def file(walk, filer, code, everybody):
    """One of them files, at first with a wrong check digit."""
    page = walk.page
    walk.expected = {400}
    walk.to_provider(LIST)
    walk.sign_in(filer)
    walk.look("organisations-01-none")
    walk.press("#apply")
    walk.look("organisations-02-form")
    page.locator("#code").fill(f"{code[:-1]}{(int(code[-1]) + 1) % 10}")
    page.locator("#phone").fill(walk.world.new_phone())
    page.locator("[name=role][value=representative]").check()
    walk.press("#organisation-submit")
    expect(page.locator("#form-error")).to_be_visible()
    walk.look("organisations-03-check-digit")
    page.locator("#code").fill(code)
    walk.press("#organisation-submit")
    expect(page.locator("#representatives .entry")).to_have_count(everybody)
    walk.look("organisations-04-waiting")


def agree(browser, world, view, person, place):
    """Another agrees, in a browser of their own."""
    with walking(browser, world, view) as walk:
        walk.to_provider("/account")
        walk.sign_in(person)
        expect(walk.page.locator("#to-answer")).to_have_text("1")
        walk.look(f"organisations-05-badge-{place}")
        walk.press("#to-organisations")
        walk.press("#look-1")
        walk.look(f"organisations-06-answer-{place}")
        walk.press("#approve")
        expect(walk.page.locator("#done")).to_be_visible()
        walk.look(f"organisations-07-answered-{place}")
