from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.working_days import days_after, is_working_day, working_days_after

DAYS = st.dates(date(2022, 10, 20), date(2045, 12, 31))


@pytest.mark.parametrize(
    "off",
    [
        date(2026, 2, 17),  # Tet
        date(2025, 1, 27),  # Tet, a working Monday before
        date(2024, 4, 18),  # Hung Kings
        date(2024, 4, 29),  # exchanged for Saturday 4 May
        date(2026, 9, 1),
        date(2026, 4, 27),  # the Hung Kings' day was a Sunday
        date(2026, 11, 7),  # Saturday
    ],
)
def test_office_is_closed(off):
    assert not is_working_day(off)


def test_saturday_worked_in_exchange_is_a_working_day():
    assert is_working_day(date(2026, 8, 22))


@given(DAYS, st.integers(1, 40))
def test_as_many_working_days_lie_between_as_were_asked_for(day, count):
    end = working_days_after(day, count)

    between = (day + timedelta(days=step) for step in range(1, (end - day).days + 1))
    assert sum(map(is_working_day, between)) == count
    assert is_working_day(end)


@given(DAYS, st.integers(1, 40))
def test_calendar_days_end_on_the_first_working_day_from_the_last_one_on(day, count):
    end = days_after(day, count)

    last = day + timedelta(days=count)
    assert is_working_day(end)
    assert not any(is_working_day(last + timedelta(days=step)) for step in range((end - last).days))


@given(DAYS, st.integers(1, 20))
def test_later_filing_is_never_due_earlier(day, count):
    following = day + timedelta(days=1)

    assert working_days_after(day, count) <= working_days_after(following, count)
    assert days_after(day, count) <= days_after(following, count)
