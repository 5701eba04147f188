from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.statute.ages import age_on, day_in_vietnam, day_of_age


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2012, 11, 2), date(2026, 11, 1), 13),
        (date(2012, 11, 2), date(2026, 11, 2), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2026, 11, 3), date(2026, 11, 2), -1),
    ],
)
def test_age_counts_birthdays_reached(born, on, age):
    assert age_on(born, on) == age


def test_day_begins_seven_hours_before_that_of_utc():
    assert day_in_vietnam(datetime(2026, 11, 1, 16, 59, tzinfo=UTC)) == date(2026, 11, 1)
    assert day_in_vietnam(datetime(2026, 11, 1, 17, 0, tzinfo=UTC)) == date(2026, 11, 2)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_an_age_is_reached_on_the_first_day_that_counts_it(born, age):
    first = day_of_age(born, age)

    assert age_on(born, first) == age
    assert age_on(born, first - timedelta(days=1)) == age - 1
