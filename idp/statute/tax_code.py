"""Tax codes, told apart by their length (Circular 86/2024/TT-BTC Art. 5).

Ten digits: an enterprise or organisation, the last a check digit. Thirteen: one of its branches, whose three
are written after a dash. Twelve: a citizen, household or business of one person, by the identity number.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.kernel.errors import Refused
from idp.statute.identity_number import NumberMalformed, parse_number

# The weights of the nine digits that the tenth checks, as the tax authority's own validators have them [? the
# decision that set them is not public]; what they sum up to, modulo 11, is taken from ten.
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
MODULUS, TEN = 11, 10
MAIN, PERSON, BRANCH = 10, 12, 13
NO_BRANCH = "000"
PERSONAL_SINCE = date(2025, 7, 1)
"""From then on a citizen's identity number is their tax code (Circular 86/2024/TT-BTC Art. 5)."""


class TaxPayer(StrEnum):
    """Whose tax code it is."""

    ORGANISATION = "organisation"
    BRANCH = "branch"
    PERSON = "person"


class TaxCodeMalformed(Refused):
    """Not a tax code. ``reason``: ``digits``, ``check_digit``, ``branch`` or ``person``."""

    code = "tax_code_malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCode:
    """A tax code: digits only, and whose it is. A branch has its organisation's ten digits in ``main``."""

    digits: str = field(repr=False)
    payer: TaxPayer

    @property
    def main(self) -> str:
        """Without the branch."""
        return self.digits[:MAIN] if self.payer is TaxPayer.BRANCH else self.digits

    @property
    def written(self) -> str:
        """As people write it: a branch after a dash."""
        return f"{self.main}-{self.digits[MAIN:]}" if self.payer is TaxPayer.BRANCH else self.digits


def parse_tax_code(typed: str) -> TaxCode:
    """Take a tax code apart; spaces, dots and dashes are forgiven.

    Raises:
        TaxCodeMalformed: neither 10, 12 nor 13 digits, a wrong check digit, branch 000, or twelve digits
            that are no personal identity number.
    """
    digits = re.sub(r"[\s.\-]", "", typed)
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (MAIN, PERSON, BRANCH):
        raise TaxCodeMalformed("digits")
    if len(digits) == PERSON:
        try:
            return TaxCode(digits=parse_number(digits).digits, payer=TaxPayer.PERSON)
        except NumberMalformed:
            raise TaxCodeMalformed("person") from None
    if check_digit(digits[: MAIN - 1]) != digits[MAIN - 1]:
        raise TaxCodeMalformed("check_digit")
    if len(digits) == MAIN:
        return TaxCode(digits=digits, payer=TaxPayer.ORGANISATION)
    if digits[MAIN:] == NO_BRANCH:
        raise TaxCodeMalformed("branch")
    return TaxCode(digits=digits, payer=TaxPayer.BRANCH)


def check_digit(nine: str) -> str | None:
    """The tenth digit of a tax code that begins so; ``None``: no code begins so."""
    left = TEN - sum(weight * int(digit) for weight, digit in zip(WEIGHTS, nine, strict=True)) % MODULUS
    return str(left) if left < TEN else None
