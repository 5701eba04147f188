"""The main job in a real Chromium: a person signs in at the portal, uses services, and leaves."""

import pytest

from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

VIEWS = [View("vi", SMALL), View("en", WIDE), View("vi", WIDE, "dark"), View("en", SMALL, "dark")]


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_citizen_signs_in_is_greeted_and_leaves_both_sites(browser, world, view, has_script):
    ana = world.citizen()
    with walking(browser, world, view, has_script=has_script) as walk:
        page = walk.page
        walk.to_portal()
        walk.look("01-portal")
        walk.press("#login")
        walk.look("02-signin")
        walk.identify(ana)
        walk.look("03-totp")
        walk.prove(ana.code())
        walk.look("04-consent")
        walk.press("#consent-allow")
        assert page.url == f"{world.portal}/"
        assert world.name_of(ana) in page.locator("#greeting").inner_text()
        walk.look("05-greeted")

        walk.press("#greeting")
        assert world.name_of(ana) in page.locator("main").inner_text()
        walk.look("06-me")

        page.goto(f"{world.portal}/services/criminal-record")
        walk.look("07-service")
        walk.press("#start")
        walk.look("08-form")
        page.locator("#purpose").select_option("work")
        page.locator("label[for=paper-1]").click()
        page.locator("label[for=delivery-online]").click()
        walk.press("#apply-submit")
        assert page.locator("#received").is_visible()
        walk.look("09-files")

        walk.press("#logout")
        assert page.url == f"{world.portal}/signed-out"
        walk.look("10-signed-out")
        page.goto(world.account)
        assert page.locator("#username").is_visible()
        walk.look("11-own-signin")
