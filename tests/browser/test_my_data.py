"""What is kept about a holder, in a real Chromium: seen, corrected, taken along; and the way out."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

VIEWS = [View("vi", SMALL), View("en", WIDE, "dark")]


@pytest.fixture(params=VIEWS, ids=str)
def walk(request, browser, world):
    with walking(browser, world, request.param) as walk:
        walk.to_provider("/")
        yield walk


@pytest.fixture
def person(world, walk):
    """Somebody who has allowed the portal to see them, and is signed in."""
    person = world.citizen()
    walk.to_portal()
    walk.press("#login")
    walk.sign_in(person)
    walk.press("#consent-allow")
    return person


def spoken(person):
    return " ".join(person.username[at : at + 3] for at in range(0, 12, 3))


def test_holder_sees_what_is_kept_and_says_what_is_wrong(walk, person):
    page = walk.page
    walk.to_provider("/account/identity")
    walk.look("data-01-identity")
    walk.press("#show")
    expect(page.locator("#identity")).to_contain_text(spoken(person))
    walk.to_provider("/account/corrections")
    page.locator("#member").select_option("address")
    page.locator("#right").fill("Số 14, ấp Mỹ Thạnh, xã Mỹ Hiệp, tỉnh Đồng Tháp")
    page.locator("#reason").fill("giấy khai sinh ghi khác")
    walk.press("#correction-submit")
    expect(page.locator("#done")).to_be_visible()
    walk.look("data-02-corrections")
    for name in ("level", "history?part=looks"):
        walk.to_provider(f"/account/{name}")
        walk.look(f"data-03-{name.partition('?')[0]}")


def test_holder_takes_all_of_it_along_and_a_receipt(walk, person):
    page = walk.page
    walk.to_provider("/account/export")
    walk.look("data-04-export")
    with page.expect_download() as kept:
        page.locator("#export-json").click()
    told = json.loads(Path(kept.value.path()).read_text(encoding="utf-8"))
    assert told["account"][0]["number"] == person.username
    with page.expect_download() as kept:  # the same page hands out the other one too
        page.locator("#export-text").click()
    assert spoken(person) in Path(kept.value.path()).read_text(encoding="utf-8")

    walk.to_provider("/account/consents")
    walk.press("#receipt-1")
    walk.look("data-05-receipt")
    with page.expect_download() as kept:
        page.locator("#receipt-file").click()
    assert Path(kept.value.path()).read_text(encoding="ascii").count(".") == 2


@pytest.mark.usefixtures("person")
def test_holder_locks_the_account(walk):
    page = walk.page
    walk.to_provider("/account/lock")
    walk.look("data-06-lock")
    page.locator("#is-sure").check()
    walk.press("#lock-submit")
    expect(page.locator("#locked")).to_be_visible()
    walk.look("data-07-locked")
