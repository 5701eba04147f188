import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.stage import SMALL, WIDE, View, shown
from tests.pages import STATES

pytestmark = pytest.mark.browser

TOUCH = 48
# WCAG 2.2 §1.4.10. Half of a wide screen is what remains of it at 200 % zoom.
NARROWEST = 320
# Links inside a sentence may be smaller than what stands alone (WCAG 2.2 §2.5.8).
TOO_SMALL = """
(least) => [...document.querySelectorAll("button, .button, "
    + "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), "
    + "label.check, summary, .foot a, .bar a:not(.skip), .ways a, .entry > a, .parts a")]
  .filter((it) => it.checkVisibility() && it.getBoundingClientRect().height < least - 0.5)
  .map((it) => it.outerHTML.slice(0, 80) + " " + it.getBoundingClientRect().height)
"""
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}


@pytest.mark.parametrize("view", [View(), View("en", WIDE, "dark")], ids=str)
@pytest.mark.parametrize("state", STATES)
def test_page_is_accessible_fits_and_complains_of_nothing(browser, state, view):
    with shown(browser, state, view) as page:
        found = Axe().run(page, options=RULES)
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found.response["violations"]] == []
        assert page.evaluate(TOO_SMALL, TOUCH) == []
        assert page.complaints == []

        for width in (view.width, view.width // 2 if view.width == WIDE else NARROWEST):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_both_answers_of_consent_are_of_one_size(browser):
    for width in (SMALL, WIDE):
        with shown(browser, "consent", View("vi", width)) as page:
            deny, allow = (page.locator(f"#consent-{answer}").bounding_box() for answer in ("deny", "allow"))

            assert (deny["width"], deny["height"]) == (allow["width"], allow["height"])


def test_identity_number_is_grouped_while_typed_and_sent_without_blanks(browser):
    with shown(browser, "signin-empty", View()) as page:
        page.keyboard.type("079204001234")
        assert page.locator("#username").input_value() == "079 204 001 234"

        page.locator("#password").fill("mot mat khau dai")
        page.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())")
        page.locator("#login-submit").click()

        assert page.locator("#username").input_value() == "079204001234"
        assert page.locator("#password").input_value() == "mot mat khau dai"


def test_password_can_be_shown(browser):
    with shown(browser, "signin-hinted", View()) as page:
        page.locator("#password").fill("mot mat khau dai")
        page.get_by_label("Hiện mật khẩu").check()

        assert page.locator("#password").get_attribute("type") == "text"


def test_focus_is_seen_on_whatever_the_keyboard_reaches(browser):
    with shown(browser, "signin-wrong", View()) as page:
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

        assert outline == "solid"
