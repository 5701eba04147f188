"""Whoever acts for an account sees what is held of it, by a mandate that lives and a fresh proof."""

from datetime import timedelta

import pytest

from idp.audit.events import Event
from tests.dependants import a_child, enrolled, file_for
from tests.house import Browser, House, Person
from tests.journeys.test_own_pages import enter


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
