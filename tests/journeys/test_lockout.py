"""Guessing: what it costs, and that it tells nothing."""

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from idp.accounts.account import LockGround
from tests.house import Browser, House, Person, RelyingParty

WRONG = "khong-phai-mat-khau"
UNKNOWN = "001199912345"


def guess(browser: Browser, number: str, password: str = WRONG) -> TestResponse:
    return browser.submit({"username": number, "password": password})


def told(browser: Browser, number: str) -> str:
    """The page without what differs between any two sign-ins."""
    text = browser.text.replace(number, "NUMBER").replace(
        " ".join(number[start : start + 3] for start in range(0, 12, 3)), "NUMBER"
    )
    text = re.sub(r"/signin/[\w-]+", "/signin/ID", text)
    return re.sub(r'name="form_token" value="[^"]+"', "TOKEN", text)


def at_the_door(house: House, rp: RelyingParty) -> Browser:
    browser = house.browser()
    browser.open("/authorize", rp.request())
    return browser


@pytest.fixture
def door(house: House, rp: RelyingParty) -> Browser:
    return at_the_door(house, rp)


def test_fifth_wrong_password_shuts_the_gate_even_for_the_right_one(door: Browser, person: Person) -> None:
    assert [guess(door, person.username).status_code for _ in range(5)] == [400] * 5

    refused = guess(door, person.username, person.password)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60
    assert "form-error" in door.page.ids


def test_gate_stays_shut_twice_as_long_each_time(house: House, rp: RelyingParty, person: Person) -> None:
    waits = []
    browser = at_the_door(house, rp)
    for _ in range(5):
        guess(browser, person.username)
    for _ in range(8):
        browser = at_the_door(house, rp)
        waits.append(int(guess(browser, person.username).headers["Retry-After"]))
        house.clock.advance(timedelta(seconds=waits[-1]))
        browser = at_the_door(house, rp)
        assert guess(browser, person.username).status_code == 400, "one more try after the wait"

    assert waits == [60 * minutes for minutes in (1, 2, 4, 8, 16, 32, 60, 60)]


def test_right_password_after_the_wait_opens_and_forgets(
    house: House, rp: RelyingParty, person: Person, door: Browser
) -> None:
    for _ in range(5):
        guess(door, person.username)
    house.clock.advance(timedelta(minutes=1))

    guess(door, person.username, person.password)

    assert "otp" in door.page.ids
    again = at_the_door(house, rp)
    assert [guess(again, person.username).status_code for _ in range(5)] == [400] * 5


def test_unknown_number_is_answered_like_a_wrong_password(
    house: House, rp: RelyingParty, person: Person
) -> None:
    known, unknown = at_the_door(house, rp), at_the_door(house, rp)

    for _ in range(7):
        here, there = guess(known, person.username), guess(unknown, UNKNOWN)

        assert here.status_code == there.status_code
        assert told(known, person.username) == told(unknown, UNKNOWN)
        assert sorted(here.headers.keys()) == sorted(there.headers.keys())
        assert here.headers.get("Retry-After") == there.headers.get("Retry-After")


@pytest.mark.parametrize("is_known", [True, False])
def test_one_hash_is_compared_whoever_is_asked_for(
    door: Browser, house: House, person: Person, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing = house.provider.password._hashing
    compared: list[bytes] = []
    verify = type(hashing).verify

    def counted(self: object, encoded: bytes, password: bytes) -> object:
        compared.append(encoded)
        return verify(self, encoded, password)

    monkeypatch.setattr(type(hashing), "verify", counted)

    guess(door, person.username if is_known else UNKNOWN)

    assert len(compared) == 1
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in compared[0]


def test_nothing_is_hashed_once_the_gate_is_shut(
    door: Browser, house: House, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        guess(door, person.username)

    def never(*_: object) -> None:
        raise AssertionError("hashed for a shut gate")

    monkeypatch.setattr(type(house.provider.password._hashing), "verify", never)

    assert guess(door, person.username).status_code == 429


@pytest.mark.parametrize("secret", [WRONG, None])
def test_locked_account_learns_nothing_from_the_password_page(
    house: House, rp: RelyingParty, person: Person, secret: str | None
) -> None:
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")
    locked, unknown = at_the_door(house, rp), at_the_door(house, rp)

    guess(locked, person.username, secret or person.password)
    guess(unknown, UNKNOWN, secret or person.password)

    assert locked.shown.status_code == unknown.shown.status_code == 400
    assert told(locked, person.username) == told(unknown, UNKNOWN)


def test_spent_passwords_leave_the_codes_budget_whole(house: House, rp: RelyingParty, person: Person) -> None:
    inside, outside = at_the_door(house, rp), at_the_door(house, rp)
    guess(inside, person.username, person.password)
    for _ in range(6):
        guess(outside, person.username)
    assert outside.shown.status_code == 429

    inside.submit({"otp": person.code()})

    assert "consent-allow" in inside.page.ids


def test_ten_wrong_codes_shut_that_gate_and_not_the_passwords(
    house: House, rp: RelyingParty, person: Person, door: Browser
) -> None:
    guess(door, person.username, person.password)
    wrong = f"{(int(person.code()) + 1) % 10**6:06}"

    statuses = [door.submit({"otp": wrong}).status_code for _ in range(10)]
    shut = door.submit({"otp": person.code()})

    assert statuses == [400] * 10
    assert shut.status_code == 429
    assert 0 < int(shut.headers["Retry-After"]) <= 600
    other = at_the_door(house, rp)
    guess(other, person.username, person.password)
    assert "otp" in other.page.ids, "the password's budget is its own"


def test_codes_by_app_and_by_message_share_one_budget(
    house: House, rp: RelyingParty, person: Person, door: Browser
) -> None:
    guess(door, person.username, person.password)
    wrong = f"{(int(person.code()) + 1) % 10**6:06}"
    for _ in range(10):
        door.submit({"otp": wrong})

    door.submit({}, "try-sms_otp")

    assert door.submit({"otp": house.last_sms_code()}).status_code == 429


def test_right_password_does_not_give_codes_back(house: House, rp: RelyingParty, person: Person) -> None:
    wrong = f"{(int(person.code()) + 1) % 10**6:06}"
    statuses = []
    for _ in range(11):
        browser = at_the_door(house, rp)
        guess(browser, person.username, person.password)
        statuses.append(browser.submit({"otp": wrong}).status_code)

    assert statuses == [400] * 10 + [429]


def test_lock_out_is_remembered_and_names_no_number(house: House, door: Browser, person: Person) -> None:
    for _ in range(5):
        guess(door, person.username)

    events = [entry.event for entry in house.provider.audit.for_account(person.account_id, 20)]

    assert events.count("sign_in.proof_refused") == 5
    assert events.count("sign_in.locked_out") == 1


def test_stranger_keeps_the_holder_out_nowhere_that_the_holder_is_known(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.sign_in(rp, person)
    stranger = at_the_door(house, rp)
    for _ in range(6):
        guess(stranger, person.username)
    assert stranger.shown.status_code == 429

    answer = browser.sign_in(rp, person, prompt="login")

    assert "code" in answer
