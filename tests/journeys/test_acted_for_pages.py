"""Whoever acts for an account sees what is held of it, by a mandate that lives and a fresh proof.

A guardian also sees its history and takes a copy of its data, and the holder sees that they did.
"""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from idp.accounts.account import LockGround
from idp.accounts.mandate import Mandate
from idp.accounts.phone import spaced_phone
from idp.audit.events import Event
from idp.web.pages.my_account import JUST_NOW
from tests.dependants import a_child, enrolled, file_for
from tests.house import Browser, House, Person
from tests.journeys.test_own_pages import enter
from tests.mandated import an_organisation_of, represents


@pytest.fixture
def seen_at(house: House, person: Person) -> str:
    """Where a guardian sees the child's identity."""
    enrolled(house, record := a_child(person))
    file_for(house, person, record)
    (mandate,) = house.provider.mandates.usable_by(person.account_id)
    return f"/account/identity/{mandate.id}"


def test_guardian_sees_the_childs_identity_and_the_look_is_written_down(
    house: House, person: Person, browser: Browser, seen_at: str
) -> None:
    enter(browser, person, "/account/identity")
    assert seen_at in browser.text

    browser.open(seen_at)

    assert "Nông Bích Ngân" in browser.text
    assert "05/06/2016" in browser.text
    (mandate,) = house.provider.mandates.usable_by(person.account_id)
    looks = house.provider.audit.for_account(mandate.principal_id, 50)
    assert [each.facts["mandate"] for each in looks if each.event == Event.ACCOUNT_VIEWED] == [
        str(mandate.id)
    ]


def test_mandate_that_ended_shows_nothing(
    house: House, person: Person, browser: Browser, seen_at: str
) -> None:
    enter(browser, person, "/account/identity")
    (mandate,) = house.provider.mandates.usable_by(person.account_id)
    house.provider.mandates.revoke(mandate.id, None)

    shown = browser.open(seen_at)

    assert shown.status_code == 404
    assert "Nông Bích Ngân" not in browser.text


def test_mandate_of_somebody_else_shows_nothing(house: House, browser: Browser, seen_at: str) -> None:
    enter(browser, house.person(), "/account/identity")

    assert browser.open(seen_at).status_code == 404


def test_proof_must_be_fresh(house: House, person: Person, browser: Browser, seen_at: str) -> None:
    enter(browser, person, "/account/identity")
    house.clock.advance(timedelta(minutes=6))

    browser.open(seen_at)

    assert "Nông Bích Ngân" not in browser.text


DATA = ("history", "export")
NAME = "Nông Bích Ngân"


@pytest.fixture
def mandate(house: House, person: Person, seen_at: str) -> Mandate:
    (mandate,) = house.provider.mandates.usable_by(person.account_id)
    return mandate


def at(what: str, mandate_id: UUID) -> str:
    return f"/account/dependants/{what}/{mandate_id}"


def looks(house: House, account_id: UUID) -> list[tuple[str, object]]:
    """Who looked at an account, and took what of it, by which mandate."""
    entries = house.provider.audit.for_account(account_id, 50)
    return [(entry.event, entry.facts.get("mandate")) for entry in entries if entry.event in LOOKS]


LOOKS = (Event.ACCOUNT_VIEWED, Event.ACCOUNT_EXPORTED)


def test_guardian_sees_the_childs_history_and_the_look_stands_in_it(
    house: House, person: Person, browser: Browser, mandate: Mandate
) -> None:
    house.provider.audit.record(
        Event.SIGN_IN_PROOF_REFUSED, account_id=mandate.principal_id, address="203.0.113.77"
    )
    enter(browser, person, "/account/dependants")
    assert at("history", mandate.id) in browser.text

    browser.open(at("history", mandate.id))

    assert f"Lịch sử của {NAME}" in browser.text
    assert "Nhập sai mật khẩu hoặc mã" in browser.text
    assert "203.0.113.77" not in browser.text, "where somebody was is theirs alone"
    assert "bởi bạn" in browser.text
    assert looks(house, mandate.principal_id) == [("account.viewed", str(mandate.id))]
    browser.open(at("history", mandate.id) + "?part=looks")
    assert "Tài khoản được xem" in browser.text
    assert "Nhập sai mật khẩu hoặc mã" not in browser.text


def test_guardian_takes_a_copy_without_what_is_anothers(
    house: House, person: Person, browser: Browser, mandate: Mandate
) -> None:
    account = house.provider.accounts.the(mandate.principal_id)
    house.provider.accounts.rewrite(replace(account, phone="+84900007001"))
    house.provider.audit.record(Event.SIGN_IN_PROOF_REFUSED, account_id=account.id, address="203.0.113.77")
    enter(browser, person, at("export", mandate.id))
    assert f"Tải dữ liệu của {NAME}" in browser.text

    browser.submit({}, "export-json")

    told = json.loads(browser.text)
    assert told["identity"][0]["name"] == NAME
    assert told["account"][0]["number"] == account.number
    assert told["account"][0]["phone"] == "••• ••• 001"
    assert "203.0.113.77" not in browser.text
    assert {entry["event"] for entry in told["history"]} >= {"account.opened", "account.exported"}
    assert looks(house, account.id) == [("account.exported", str(mandate.id))]
    assert looks(house, person.account_id) == []


def test_copy_for_people_has_the_phone_that_is_the_guardians_own(
    house: House, person: Person, browser: Browser, mandate: Mandate
) -> None:
    enter(browser, person, at("export", mandate.id))

    browser.submit({}, "export-text")

    phone = house.provider.accounts.the(person.account_id).phone
    assert phone is not None
    assert spaced_phone(phone) in browser.text


@pytest.mark.parametrize("what", DATA)
def test_another_guardians_mandate_shows_nothing(
    house: House, browser: Browser, mandate: Mandate, what: str
) -> None:
    other = house.person()
    enrolled(house, record := a_child(other, serial=700_009))
    file_for(house, other, record)
    enter(browser, other, "/account/dependants")

    for chosen in (mandate.id, mandate.principal_id, other.account_id):
        assert browser.open(at(what, chosen)).status_code == 404
    assert taken(browser, at("export", mandate.id)) == 404
    assert looks(house, mandate.principal_id) == []


@pytest.mark.parametrize("what", DATA)
def test_mandate_that_ended_shows_neither_history_nor_data(
    house: House, person: Person, browser: Browser, mandate: Mandate, what: str
) -> None:
    enter(browser, person, at(what, mandate.id))
    assert browser.shown.status_code == 200
    seen = looks(house, mandate.principal_id)
    house.provider.mandates.revoke(mandate.id, None)

    assert browser.open(at(what, mandate.id)).status_code == 404
    assert taken(browser, at("export", mandate.id)) == 404
    assert looks(house, mandate.principal_id) == seen


def test_locked_child_is_seen_by_nobody(
    house: House, person: Person, browser: Browser, mandate: Mandate
) -> None:
    enter(browser, person, "/account/dependants")
    house.provider.locking.lock(mandate.principal_id, LockGround.AUTHORITY, "cli")

    assert [browser.open(at(what, mandate.id)).status_code for what in DATA] == [404, 404]


def test_representative_sees_no_history_by_their_mandate(
    house: House, person: Person, browser: Browser
) -> None:
    mandate = represents(house, person, an_organisation_of(house))
    enter(browser, person, "/account/dependants")

    assert [browser.open(at(what, mandate.id)).status_code for what in DATA] == [404, 404]
    assert taken(browser, at("export", mandate.id)) == 404


def test_history_and_copy_want_a_fresh_proof(
    house: House, person: Person, browser: Browser, mandate: Mandate
) -> None:
    enter(browser, person, at("export", mandate.id))
    house.clock.advance(JUST_NOW + timedelta(seconds=1))

    browser.submit({}, "export-json")
    assert "password" in browser.page.ids
    browser.open(at("history", mandate.id))

    assert NAME not in browser.text
    assert looks(house, mandate.principal_id) == []


def test_second_guardian_is_told_apart_from_the_first(house: House, person: Person, browser: Browser) -> None:
    other = house.person()
    enrolled(house, record := a_child(person, other))
    file_for(house, person, record)
    file_for(house, other, record)
    (first,) = house.provider.mandates.usable_by(person.account_id)
    (second,) = house.provider.mandates.usable_by(other.account_id)
    enter(browser, person, at("history", first.id))
    assert "bởi bạn" in browser.text

    watching = Browser(house)
    enter(watching, other, at("history", second.id) + "?part=looks")

    assert "bởi người được hành động thay" in watching.text
    assert "bởi bạn" in watching.text


def taken(browser: Browser, path: str) -> int:
    """What comes of asking for a copy there with a form token of one's own."""
    browser.open("/account/export")
    token = browser.page.forms[0].fields["form_token"]
    return browser.client.post(path, data={"form_token": token, "format": "json"}).status_code
