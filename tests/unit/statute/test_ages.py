from datetime import UTC, date, datetime

import pytest

from idp.statute.ages import age_on, day_in_vietnam


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
