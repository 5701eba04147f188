"""The personal identity number: what its twelve digits say (Law on Identification 26/2023, Art. 12).

Three for the province of birth registration in the 2004 scheme, or a country; one for century and sex;
two for the year; six at random. There is no check digit. It tells sex, year and province: personal data.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.kernel.errors import Refused
from idp.statute.provinces import OLD_PROVINCES

# Countries of birth registration have three digits from 101 [? the published list is not held here]. What
# begins with 9 is left to the numbers that we give to foreigners and organisations.
FIRST_COUNTRY, LAST_COUNTRY = "101", "899"

TWELVE_DIGITS = re.compile(r"[0-9]{12}")


class Sex(StrEnum):
    """As in the claim ``gender`` (OIDC Core 1.0 §5.1)."""

    MALE = "male"
    FEMALE = "female"


class NumberMalformed(Refused):
    """Not an identity number. ``reason``: ``digits`` or ``province``. The number itself is not kept."""

    code = "identity_number_malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityNumber:
    """An identity number taken apart. ``province`` is the 2004 prefix, ``None`` when registered abroad."""

    digits: str = field(repr=False)
    province: str | None
    sex: Sex
    birth_year: int

    def fits(self, birth_date: date, sex: Sex) -> bool:
        """Whether it could be the number of somebody so born."""
        return self.birth_year == birth_date.year and self.sex == sex


def parse_number(typed: str) -> IdentityNumber:
    """Take an identity number apart; spaces, dots and dashes between digits are forgiven.

    Raises:
        NumberMalformed: not twelve digits, or the first three are no province and no country.
    """
    digits = re.sub(r"[\s.\-]", "", typed)
    if not TWELVE_DIGITS.fullmatch(digits):
        raise NumberMalformed("digits")
    prefix, century_and_sex = digits[:3], int(digits[3])
    if prefix not in OLD_PROVINCES and not FIRST_COUNTRY <= prefix <= LAST_COUNTRY:
        raise NumberMalformed("province")
    return IdentityNumber(
        digits=digits,
        province=prefix if prefix in OLD_PROVINCES else None,
        sex=Sex.FEMALE if century_and_sex % 2 else Sex.MALE,
        birth_year=1900 + 100 * (century_and_sex // 2) + int(digits[4:6]),
    )


def century_digit(birth_year: int, sex: Sex) -> int:
    """The fourth digit for somebody born in 1900-2399: even for men, odd for women, two a century."""
    return 2 * (birth_year // 100 - 19) + (sex == Sex.FEMALE)


def hint(number: str) -> str:
    """A number masked for display: the last three digits, which tell neither sex, year nor province."""
    return f"••• ••• ••• {number[-3:]}"
