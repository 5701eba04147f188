"""The days on which offices in Viet Nam work, and terms counted in them (Civil Code 91/2015 Art. 147-148).

Saturdays and Sundays are off, so are the holidays of the Labour Code Art. 112 with the days that make up for
those on a weekend, and days exchanged by decision of the government; Saturdays worked in exchange count. The
package ``holidays`` knows them; years whose exchanges are not decided yet have the ordinary holidays only.
"""

from datetime import date, timedelta
from functools import lru_cache

from holidays import HolidayBase, country_holidays

ONE_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether offices work on it."""
    return _calendar(day.year).is_working_day(day)


def working_days_after(day: date, count: int) -> date:
    """The last of ``count`` working days after a day, which is itself not counted (Art. 147.2-3)."""
    while count > 0:
        day += ONE_DAY
        count -= is_working_day(day)
    return day


def days_after(day: date, count: int) -> date:
    """The last of ``count`` days after a day; moved to the next working day if it is none (Art. 148.5)."""
    end = day + count * ONE_DAY
    while not is_working_day(end):
        end += ONE_DAY
    return end


@lru_cache(maxsize=16)
def _calendar(year: int) -> HolidayBase:
    return country_holidays("VN", years=year, expand=False)
