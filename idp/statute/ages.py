"""How old somebody is on a day."""

from datetime import date


def age_on(birth_date: date, on: date) -> int:
    """Full years lived. Somebody born on 29 February is a year older on 1 March of a common year.

    Negative before the birth.
    """
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)
