"""Terms at the edges of the calendar and of the law: Tet, exchanged Saturdays, midnights, new decrees."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.ages import VIETNAM, day_in_vietnam
from idp.statute.law import STATUTE, LawSilent
from idp.statute.rules import Case, LockGround, Unit
from idp.statute.working_days import days_after, is_working_day, working_days_after

CASES = sorted({rule.case for rule in STATUTE.on(date(2026, 11, 2)).rules if hasattr(rule, "case")})
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=5000)).map(datetime(2026, 1, 1, tzinfo=UTC).__add__)
DAYS = st.dates(date(2022, 10, 20), date(2045, 12, 31))


def at(*when):
    """A moment in Viet Nam."""
    return datetime(*when, tzinfo=VIETNAM)


def due_on(case, filed_at):
    return STATUTE.at(filed_at).deadline(case, filed_at).due_on


@pytest.mark.parametrize(
    ("case", "filed_at", "expected"),
    [
        # The last working day before Tet of 2025, Friday 24 January: off until Sunday 2 February.
        (Case.CITIZEN_01, at(2025, 1, 24, 16, 59), date(2025, 2, 3)),
        (Case.CITIZEN_02, at(2025, 1, 23, 9, 0), date(2025, 2, 4)),
        (Case.FOREIGNER_02_NOT_ON_FILE, at(2025, 1, 20, 9, 0), date(2025, 2, 5)),
        # In the middle of Tet of 2026, on New Year's Day itself.
        (Case.CITIZEN_01, at(2026, 2, 17, 0, 0), date(2026, 2, 23)),
        # Fifteen days that end in it are moved behind it.
        (Case.ORGANISATION_NOT_ON_FILE, at(2026, 2, 3, 9, 0), date(2026, 2, 23)),
        (Case.ACTIVATION, at(2026, 2, 10, 9, 0), date(2026, 2, 23)),
        # Monday 29 April 2024 was off, for Saturday 4 May, which counts.
        (Case.CITIZEN_02, at(2024, 4, 26, 9, 0), date(2024, 5, 4)),
        (Case.CITIZEN_01, at(2024, 5, 3, 9, 0), date(2024, 5, 4)),
        # Saturday 22 August 2026 is worked for Monday the 31st.
        (Case.CITIZEN_02, at(2026, 8, 20, 9, 0), date(2026, 8, 24)),
        (Case.CITIZEN_02, at(2026, 8, 27, 9, 0), date(2026, 9, 4)),
        # Over the year's end.
        (Case.CITIZEN_01, at(2026, 12, 31, 23, 59), date(2027, 1, 4)),
    ],
)
def test_term_goes_round_days_off_and_over_worked_saturdays(case, filed_at, expected):
    assert due_on(case, filed_at) == expected


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_one_term_filed_on_any_day_of_tet(case):
    for day in range(14, 24):
        deadline = STATUTE.on(date(2026, 2, day)).deadline(case, at(2026, 2, day, 10, 0))

        assert is_working_day(deadline.due_on) or deadline.unit is Unit.HOURS
        assert deadline.due_at > at(2026, 2, day, 10, 0)


@pytest.mark.parametrize(
    ("before", "after", "articles"),
    [
        # 69/2024 replaces 59/2022 at the midnight of Viet Nam, which is 17:00 in UTC.
        (
            datetime(2024, 6, 30, 16, 59, 59, tzinfo=UTC),
            datetime(2024, 6, 30, 17, 0, tzinfo=UTC),
            ("59/2022 Art. 17.1.a", "69/2024 Art. 13.1.a"),
        ),
    ],
)
def test_new_decree_holds_from_midnight_in_viet_nam(before, after, articles):
    found = [STATUTE.at(moment).deadline(Case.CITIZEN_01, moment).article for moment in (before, after)]

    assert tuple(found) == articles


def test_breach_and_withdrawal_go_by_law_91_from_midnight_in_viet_nam():
    before = datetime(2025, 12, 31, 16, 59, 59, tzinfo=UTC)
    since = before + timedelta(seconds=1)

    acts = [
        [STATUTE.at(moment).deadline(case, moment).article.split()[0] for moment in (before, since)]
        for case in (Case.BREACH_NOTIFIED, Case.CONSENT_WITHDRAWN)
    ]

    assert acts == [["13/2023", "91/2025"], ["13/2023", "356/2025"]]
    assert due_on(Case.CONSENT_WITHDRAWN, since) == date(2026, 1, 16)


def test_what_was_filed_under_the_old_decree_keeps_its_term_under_the_new():
    filed_at = at(2024, 6, 28, 9, 0)

    assert due_on(Case.CITIZEN_02, filed_at) == date(2024, 7, 3)
    assert STATUTE.at(filed_at).deadline(Case.CITIZEN_02, filed_at).article == "59/2022 Art. 17.1.b"


def test_old_decree_knew_no_forwarding_and_no_held_card():
    old, new = STATUTE.on(date(2024, 6, 30)), STATUTE.on(date(2024, 7, 1))
    moment = at(2024, 6, 30, 9, 0)

    with pytest.raises(LawSilent):
        old.deadline(Case.LOCK_FORWARDED, moment)
    assert new.deadline(Case.LOCK_FORWARDED, moment).article == "69/2024 Art. 29"
    assert old.lock_rule("citizen", LockGround.CARD_HELD) is None
    assert new.lock_rule("citizen", LockGround.CARD_HELD) is not None


@given(DAYS, st.integers(1, 25), st.integers(1, 25))
def test_working_days_add_up(day, first, second):
    assert working_days_after(working_days_after(day, first), second) == working_days_after(
        day, first + second
    )


@given(DAYS, st.integers(1, 25))
def test_more_working_days_end_strictly_later(day, count):
    assert day < working_days_after(day, count) < working_days_after(day, count + 1)


@given(DAYS, st.integers(1, 25))
def test_working_days_are_never_fewer_than_days(day, count):
    assert working_days_after(day, count) - day >= timedelta(days=count)
    assert days_after(day, count) - day >= timedelta(days=count)


@given(DAYS)
def test_day_off_changes_nothing_for_who_files_on_it(day):
    following = day + timedelta(days=1)

    if not is_working_day(following):
        assert working_days_after(day, 3) == working_days_after(following, 3)


@given(MOMENTS, st.sampled_from(CASES), st.timedeltas(timedelta(0), timedelta(days=20)))
def test_who_files_later_is_never_due_earlier(moment, case, later):
    first, second = (STATUTE.at(filed_at).deadline(case, filed_at) for filed_at in (moment, moment + later))

    assert moment < first.due_at <= second.due_at


@given(MOMENTS, st.sampled_from(CASES))
def test_term_in_days_ends_with_a_working_day_in_viet_nam_and_hours_to_the_second(moment, case):
    deadline = STATUTE.at(moment).deadline(case, moment)

    if deadline.unit is Unit.HOURS:
        assert deadline.due_at - moment == timedelta(hours=deadline.within)
        assert deadline.due_on == day_in_vietnam(deadline.due_at)
    else:
        assert is_working_day(deadline.due_on)
        assert day_in_vietnam(deadline.due_at - timedelta(microseconds=1)) == deadline.due_on
        assert day_in_vietnam(deadline.due_at) == deadline.due_on + timedelta(days=1)
