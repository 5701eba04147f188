"""Which day it is in Viet Nam, and how old somebody is on it."""

from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def day_in_vietnam(now: datetime) -> date:
    """The calendar day there: the law counts ages and terms in it, not in UTC."""
    return now.astimezone(VIETNAM).date()


def age_on(birth_date: date, on: date) -> int:
    """Full years lived. Somebody born on 29 February is a year older on 1 March of a common year.

    Negative before the birth.
    """
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)
