"""When guardians are told of the end of guardianship: the moments before, of and after each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from idp.accounts.guardianship_end import (
    DUE,
    Birthday,
    Ending,
    Told,
    coming_birthday,
    due_for,
    stage_of,
)
from idp.kernel.ids import new_id

NOW = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)  # midnight in Viet Nam
TERM = timedelta(days=30)
ONE = timedelta(microseconds=1)
EARLIER, JUST, ENDS = Told.NOTHING, Told.COMING, Told.ENDED


def an_ending(ends_at, told=Told.NOTHING, *, is_open=True):
    return Ending(id=new_id(), agent_id=new_id(), ends_at=ends_at, is_open=is_open, told=told)


@pytest.mark.parametrize(
    ("ends_at", "expected"),
    [
        (None, Told.NOTHING),
        (NOW + TERM + ONE, Told.NOTHING),
        (NOW + TERM, Told.COMING),
        (NOW + ONE, Told.COMING),
        (NOW, Told.ENDED),
        (NOW - ONE, Told.ENDED),
    ],
)
@pytest.mark.spec("Decree 69/2024 Art. 14.2")
def test_end_is_announced_thirty_days_before_and_told_when_it_has_come(ends_at, expected):
    assert stage_of(ends_at, NOW, TERM) is expected


@pytest.mark.parametrize(
    ("ending", "stage", "is_due"),
    [
        (an_ending(NOW + TERM), Told.COMING, True),
        (an_ending(NOW + TERM, Told.COMING), Told.COMING, False),
        (an_ending(NOW + TERM, is_open=False), Told.COMING, False),
        (an_ending(NOW), Told.COMING, False),  # nobody is told that it comes once it has
        (an_ending(NOW), Told.ENDED, True),
        (an_ending(NOW, Told.COMING), Told.ENDED, True),
        (an_ending(NOW, Told.ENDED), Told.ENDED, False),
        (an_ending(None), Told.ENDED, False),
    ],
)
def test_each_guardian_is_told_each_thing_once(ending, stage, is_due):
    assert due_for(stage, [ending], NOW, TERM) == ([ending] if is_due else [])


def test_the_day_is_named_from_which_the_child_acts_alone():
    soon = coming_birthday(NOW + TERM, NOW)

    assert soon == Birthday(date(2026, 12, 3), "69/2024 Art. 14.2")
    assert coming_birthday(NOW + TERM + ONE, NOW) is None
    assert coming_birthday(NOW, NOW) is None
    assert coming_birthday(NOW + TERM, datetime(2023, 5, 5, tzinfo=UTC)) is None, "no law had it then"


def test_what_is_due_is_found_by_its_index(database):
    with database.transaction() as connection:
        due = DUE.compile(dialect=connection.dialect)
        given = due.construct_params({"so_far": 0, "until": None})
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {due}", tuple(given[name] for name in due.positiontup)
        ).all()

    assert any("SEARCH" in row[-1] and "ix_mandates_ending" in row[-1] for row in plan), plan
