"""Vietnamese first, English by the client's wish or the person's: on every page, in the middle of things."""

import re

import pytest

from tests.house import Browser, House, Person, RelyingParty


def language(browser: Browser) -> str:
    found = re.search(r'<html lang="(\w+)"', browser.text)
    assert found is not None
    return found[1]


def switch(browser: Browser) -> None:
    """Follow the page's link to the other language."""
    found = re.search(r'href="(/language/[^"]+)"', browser.text)
    assert found is not None, "no way to the other language"
    browser.open(found[1].replace("&amp;", "&"))


def test_pages_are_vietnamese_where_nobody_asks(browser: Browser, rp: RelyingParty) -> None:
    browser.open("/authorize", rp.request())

    assert language(browser) == "vi"


def test_client_asks_for_english_and_gets_it_to_the_end(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request(ui_locales="en-GB vi"))
    seen = [language(browser)]
    browser.submit({"username": person.username, "password": person.password})
    seen.append(language(browser))
    browser.submit({"otp": person.code()})
    seen.append(language(browser))

    assert seen == ["en", "en", "en"]
    assert "Trial site" in browser.text


@pytest.mark.parametrize("wish", [None, "en", "vi"])
def test_switching_at_the_first_page_keeps_the_sign_in(
    rp: RelyingParty, person: Person, browser: Browser, wish: str | None
) -> None:
    browser.open("/authorize", rp.request(ui_locales=wish))
    before = language(browser)

    switch(browser)

    assert browser.shown.status_code == 200
    assert "username" in browser.page.ids
    assert language(browser) != before
    answer = browser.finish(person)
    assert answer["state"] == "xyz"


def test_switching_in_the_middle_goes_on_where_it_was(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request(ui_locales="en"))
    browser.submit({"username": person.username, "password": person.password})

    switch(browser)

    assert "otp" in browser.page.ids
    assert language(browser) == "vi"
    browser.submit({"otp": person.code()})
    assert language(browser) == "vi", "what the person chose holds for the pages that follow"
    assert "consent-allow" in browser.page.ids


def test_switching_after_a_wrong_answer_leads_to_the_page_again(
    rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({"username": person.username, "password": "khong-phai-mat-khau"})

    switch(browser)

    assert browser.shown.status_code == 200
    assert "username" in browser.page.ids


def test_switching_on_the_way_to_the_own_pages_keeps_the_way(person: Person, browser: Browser) -> None:
    browser.open("/account/sessions")

    switch(browser)

    assert "username" in browser.page.ids
    browser.submit({"username": person.username, "password": person.password})
    browser.submit({"otp": person.code()})
    assert "sessions" in browser.page.ids


def test_message_comes_in_the_language_of_the_page(house: House, rp: RelyingParty, browser: Browser) -> None:
    person = house.person(has_totp=False)
    browser.open("/authorize", rp.request(ui_locales="en"))

    browser.submit({"username": person.username, "password": person.password})

    assert "Trial site" in house.provider.outbox.recent(1)[0].text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nX: y"],
)
def test_language_link_leads_nowhere_else(browser: Browser, target: str) -> None:
    sent = browser.client.get("/language/en", query_string={"return": target})

    assert sent.status_code in (303, 400)
    assert sent.headers.get("Location", "/").startswith("/")
    assert not sent.headers.get("Location", "/").startswith(("//", "/\\"))
    assert "X" not in sent.headers
