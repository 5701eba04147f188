"""It was not me: putting others out, and locking one's own account."""

from datetime import timedelta

import pytest

from idp.accounts.account import Status
from idp.accounts.locks import LockStands
from idp.statute.rules import LockGround
from idp.web.pages.my_account import JUST_NOW
from tests.house import Browser, House, Person, RelyingParty
from tests.journeys.test_own_pages import enter, events


def lock(browser: Browser) -> None:
    browser.open("/account/lock")
    browser.submit({"is-sure": "yes"}, "lock-submit")


def texts(house: House) -> list[str]:
    return [message.text for message in house.provider.outbox.recent(5)]


@pytest.mark.parametrize("page", ["sessions", "history"])
def test_way_out_is_found_where_strangers_are_seen(person: Person, browser: Browser, page: str) -> None:
    enter(browser, person, f"/account/{page}")

    assert 'href="/account/lock"' in browser.text


def test_putting_others_out_ends_their_sessions_and_all_they_were_given(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    thief = house.browser()
    stolen = rp.redeem(thief.sign_in(rp, person, scope="openid offline_access")["code"]).json
    enter(browser, person)
    mine = rp.redeem(browser.sign_in(rp, person)["code"]).json

    browser.open("/account/lock")
    browser.submit({}, "shut-out")

    assert "done" in browser.page.ids
    assert 'href="/account/password"' in browser.text, "where the password is changed"
    assert rp.refresh(stolen["refresh_token"]).status_code == 400
    assert rp.userinfo(stolen["access_token"]).status_code == 401
    assert rp.userinfo(mine["access_token"]).status_code == 200
    assert len(house.provider.sessions.of(person.account_id)) == 1
    assert "account.shut_out" in events(house, person)


@pytest.mark.spec("Decree 69/2024 Art. 15")
def test_holder_locks_their_account_and_everything_it_opened(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    kept = rp.redeem(browser.sign_in(rp, person, scope="openid offline_access")["code"]).json

    lock(browser)

    assert "locked" in browser.page.ids
    account = house.provider.accounts.the(person.account_id)
    assert (account.status, account.lock_ground) == (Status.LOCKED, LockGround.HOLDER_ASKED)
    assert house.provider.locks.standing(person.account_id)[0].actor == "holder"
    assert rp.userinfo(kept["access_token"]).status_code == 401
    assert rp.refresh(kept["refresh_token"]).status_code == 400
    assert house.provider.sessions.of(person.account_id) == []
    browser.open("/account")
    assert "username" in browser.page.ids
    assert any("đã khóa theo yêu cầu của bạn" in text for text in texts(house)), "told at once"


def test_account_is_not_locked_unless_its_holder_is_sure(
    house: House, person: Person, browser: Browser
) -> None:
    enter(browser, person, "/account/lock")

    browser.submit({}, "lock-submit")

    assert house.provider.accounts.the(person.account_id).status is Status.ACTIVE


@pytest.mark.parametrize(("button", "fields"), [("lock-submit", {"is-sure": "yes"}), ("shut-out", {})])
def test_browser_left_open_locks_nothing_and_puts_nobody_out(
    house: House, person: Person, browser: Browser, button: str, fields: dict[str, str]
) -> None:
    enter(browser, person, "/account/lock")
    house.clock.advance(JUST_NOW + timedelta(seconds=1))

    browser.submit(fields, button)

    assert "password" in browser.page.ids
    assert house.provider.accounts.the(person.account_id).status is Status.ACTIVE
    assert "account.shut_out" not in events(house, person)


def test_what_signed_the_holder_in_does_not_open_the_account_again(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    enter(browser, person)
    lock(browser)

    browser.open("/authorize", rp.request())
    browser.submit({"username": person.username, "password": person.password})

    assert "otp" not in browser.page.ids
    house.provider.locking.unlock(person.account_id, "cli")
    enter(browser, person)
    assert "username" not in browser.page.ids


def test_account_that_an_authority_locked_meanwhile_has_no_session_to_lock_it_from(
    house: House, person: Person, browser: Browser
) -> None:
    enter(browser, person, "/account/lock")
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")

    browser.submit({"is-sure": "yes"}, "lock-submit")

    assert "username" in browser.page.ids
    with pytest.raises(LockStands):
        house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")


def test_browser_left_open_changes_no_password(house: House, person: Person, browser: Browser) -> None:
    enter(browser, person, "/account/password")
    house.clock.advance(JUST_NOW + timedelta(seconds=1))

    browser.submit(
        {"password": person.password, "new-password": "nam-con-chim-se-tren-cay-42"}, "password-submit"
    )

    assert "authenticator.changed" not in events(house, person)
    assert "password" in browser.page.ids
