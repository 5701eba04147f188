"""Who is acted for by a guardian, and until when: the days before, of and after each birthday."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.account import Status
from idp.accounts.guardianship import (
    guardians_of,
    guardianship_ends_at,
    has_come_of_age,
    is_dependant,
    must_agree,
)
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.statute.ages import day_in_vietnam
from tests.people import a_citizen, a_record, an_account, an_organisation

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
GUARDIANS = ("001083990000",)


@pytest.mark.parametrize(
    ("born", "is_ward", "expected"),
    [
        (date(2012, 11, 3), False, True),  # fourteen tomorrow
        (date(2012, 11, 2), False, False),
        (date(2012, 11, 1), False, False),
        (date(2010, 1, 1), True, False),  # no court makes a ward of who is not of age
        (date(2008, 11, 3), True, False),  # eighteen tomorrow
        (date(2008, 11, 2), True, True),
        (date(2008, 11, 2), False, False),
    ],
)
@pytest.mark.spec("Decree 69/2024 Art. 7")
def test_guardians_act_for_children_and_for_adults_whom_a_court_made_wards(born, is_ward, expected):
    record = a_record(birth_date=born, guardians=GUARDIANS, is_ward=is_ward)

    assert is_dependant(record, TODAY) is expected
    assert guardians_of(record, TODAY) == (GUARDIANS if expected else ())


def test_nobody_acts_for_who_has_died():
    record = a_record(birth_date=date(2016, 1, 1), guardians=GUARDIANS, is_deceased=True)

    assert guardians_of(record, TODAY) == ()


@given(st.dates(date(2012, 11, 3), TODAY))
def test_guardianship_ends_at_the_midnight_of_the_day_on_which_the_law_lets_a_child_act(born):
    ends_at = guardianship_ends_at(born, NOW)

    record = a_record(birth_date=born, guardians=GUARDIANS)
    assert is_dependant(record, day_in_vietnam(ends_at - timedelta(microseconds=1)))
    assert not is_dependant(record, day_in_vietnam(ends_at))


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (date(2019, 11, 3), False),  # seven tomorrow
        (date(2019, 11, 2), True),
        (date(2012, 11, 3), True),
        (date(2012, 11, 2), False),  # acts alone
        (date(1990, 1, 1), False),
    ],
)
@pytest.mark.spec("Law 91/2025 Art. 24")
def test_a_child_agrees_besides_the_guardian_from_seven_to_thirteen(born, expected):
    assert must_agree(a_citizen(birth_date=born), TODAY) is expected


def test_nobody_asks_a_child_before_the_law_did_nor_an_organisation():
    assert not must_agree(a_citizen(birth_date=date(2016, 1, 1)), date(2025, 12, 31))
    assert not must_agree(an_organisation(), TODAY)


@pytest.mark.parametrize(
    ("born", "activated_at", "status", "expected"),
    [
        (date(2012, 11, 2), NOW - timedelta(days=1), Status.ACTIVE, True),
        (date(2012, 11, 2), NOW, Status.ACTIVE, False),  # by the holder, of age for it
        (date(2012, 11, 3), NOW - timedelta(days=1), Status.ACTIVE, False),  # not yet
        (date(2012, 11, 2), NOW - timedelta(days=1), Status.LOCKED, False),
        (date(2012, 11, 2), None, Status.ISSUED, False),
        (date(1990, 1, 1), NOW - timedelta(days=1), Status.ACTIVE, False),
    ],
)
@pytest.mark.spec("Decree 69/2024 Art. 14.2")
def test_only_what_a_guardian_activated_for_a_child_is_taken_over(born, activated_at, status, expected):
    identity = a_citizen(birth_date=born)
    account = an_account(identity=identity, level=Level.ONE, activated_at=activated_at, status=status)

    assert has_come_of_age(account, NOW) is expected


def test_an_organisation_never_comes_of_age():
    account = an_account(Kind.ORGANISATION, status=Status.ACTIVE, activated_at=NOW)

    assert not has_come_of_age(account, NOW)
