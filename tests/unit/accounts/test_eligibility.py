"""The day on which somebody's age changes what they may hold: the day before, the day, and the day after."""

from datetime import date, timedelta

import pytest

from idp.accounts.eligibility import (
    CardNeeded,
    Deceased,
    GuardianNeeded,
    LevelNotHeld,
    check_age,
    check_holder,
)
from idp.accounts.foreigner_filing import check_foreigner
from idp.accounts.kinds import Kind
from idp.assurance import Level
from tests.foreigners import a_foreigners_record
from tests.people import a_record

# Born on, and the day on which they are so old: somebody of 29 February has their birthday on 1 March of a
# common year, and in their own month of a leap year.
FOURTEENTH = [
    (date(2012, 11, 2), date(2026, 11, 2)),
    (date(2012, 12, 31), date(2026, 12, 31)),
    (date(2013, 1, 1), date(2027, 1, 1)),
    (date(2012, 2, 29), date(2026, 3, 1)),
    (date(2014, 2, 28), date(2028, 2, 28)),
]
SIXTH = [
    (date(2020, 11, 2), date(2026, 11, 2)),
    (date(2020, 2, 29), date(2026, 3, 1)),
    (date(2022, 3, 1), date(2028, 3, 1)),
]
A_DAY = timedelta(days=1)


@pytest.mark.parametrize("kind", [Kind.CITIZEN, Kind.FOREIGNER])
@pytest.mark.parametrize(("born", "birthday"), FOURTEENTH)
def test_one_files_alone_from_the_fourteenth_birthday_on(kind, born, birthday):
    with pytest.raises(GuardianNeeded):
        check_age(kind, Level.ONE, born, birthday - A_DAY)

    for today in (birthday, birthday + A_DAY):
        assert not check_age(kind, Level.ONE, born, today).needs_guardian


@pytest.mark.parametrize("kind", [Kind.CITIZEN, Kind.FOREIGNER])
@pytest.mark.parametrize(("born", "birthday"), SIXTH)
def test_level_02_is_held_from_the_sixth_birthday_on_and_through_a_guardian(kind, born, birthday):
    with pytest.raises(LevelNotHeld):
        check_age(kind, Level.TWO, born, birthday - A_DAY, has_guardian=True)

    for today in (birthday, birthday + A_DAY):
        assert check_age(kind, Level.TWO, born, today, has_guardian=True).is_on_request
        with pytest.raises(GuardianNeeded):
            check_age(kind, Level.TWO, born, today)


@pytest.mark.parametrize("born", [date(2026, 11, 2), date(2020, 11, 3)])
def test_youngest_hold_01_through_a_guardian_from_the_day_of_their_birth(born):
    assert check_age(Kind.CITIZEN, Level.ONE, born, date(2026, 11, 2), has_guardian=True).is_on_request
    with pytest.raises(LevelNotHeld):
        check_age(Kind.CITIZEN, Level.ONE, born, born - A_DAY, has_guardian=True)


@pytest.mark.parametrize(
    ("born", "today", "refusal"),
    [
        # From 14 on the card must be valid; below, it must have been issued.
        (date(2012, 11, 2), date(2026, 11, 1), None),
        (date(2012, 11, 2), date(2026, 11, 2), CardNeeded),
        (date(2012, 2, 29), date(2026, 2, 28), None),
        (date(2012, 2, 29), date(2026, 3, 1), CardNeeded),
    ],
)
def test_expired_card_stands_in_the_way_from_fourteen_on(born, today, refusal):
    record = a_record(birth_date=born, card_expires_on=date(2026, 2, 1))

    if refusal is None:
        assert check_holder(record, Level.ONE, today, has_guardian=True).needs_guardian
    else:
        with pytest.raises(refusal):
            check_holder(record, Level.ONE, today)


@pytest.mark.parametrize(
    ("today", "is_valid"), [(date(2026, 11, 1), True), (date(2026, 11, 2), True), (date(2026, 11, 3), False)]
)
def test_card_and_papers_are_good_until_the_end_of_their_last_day(today, is_valid):
    last = date(2026, 11, 2)
    attempts = [
        lambda: check_holder(a_record(card_expires_on=last), Level.ONE, today),
        lambda: check_foreigner(a_foreigners_record(residence_expires_on=last), Level.ONE, today),
        lambda: check_foreigner(a_foreigners_record(document_expires_on=last), Level.ONE, today),
    ]

    for attempt in attempts:
        if is_valid:
            attempt()
        else:
            with pytest.raises(Exception, match="69/2024"):
                attempt()


def test_death_comes_before_everything_else():
    with pytest.raises(Deceased):
        check_holder(a_record(is_deceased=True, card_issued_on=None), Level.TWO, date(2026, 11, 2))


def test_child_has_no_account_of_their_own_before_july_2024():
    born = date(2012, 1, 1)

    with pytest.raises(LevelNotHeld):
        check_age(Kind.CITIZEN, Level.ONE, born, date(2024, 6, 30), has_guardian=True)
    assert check_age(Kind.CITIZEN, Level.ONE, born, date(2024, 7, 1), has_guardian=True).needs_guardian
