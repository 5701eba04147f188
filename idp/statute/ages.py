"""Which day it is in Viet Nam, when it ends there, how old somebody is on it, and when they reach an age."""

from datetime import UTC, date, datetime, time, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def day_in_vietnam(now: datetime) -> date:
    """The calendar day there: the law counts ages and terms in it, not in UTC."""
    return now.astimezone(VIETNAM).date()


def end_of_day(day: date) -> datetime:
    """When a day ends in Viet Nam, at its 24 hours (Civil Code 91/2015 Art. 148.6), in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, VIETNAM).astimezone(UTC)


def age_on(birth_date: date, on: date) -> int:
    """Full years lived. Somebody born on 29 February is a year older on 1 March of a common year.

    Negative before the birth.
    """
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)


def day_of_age(birth_date: date, age: int) -> date:
    """The first day on which somebody has lived so many full years: what ``age_on`` counts, turned round."""
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:  # born on 29 February, and that year has none
        return date(birth_date.year + age, 3, 1)
