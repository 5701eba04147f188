"""Numbers that the system gives to foreigners and organisations (Decree 69/2024 Art. 5, 6).

Their length is not published [?]: what a register gives is taken if it has 9 to 15 digits and could not be
taken for a citizen's. Those that are made here have twelve, and begin with 90 or 91, which no province or
country of birth registration does. They tell nothing of whom they belong to.
"""

import re
import secrets
from collections.abc import Callable

from idp.kernel.errors import Refused
from idp.statute.agency_code import AgencyCodeMalformed, parse_agency_code
from idp.statute.identity_number import NumberMalformed, parse_number

ASSIGNED = re.compile(r"[0-9]{9,15}")
PREFIXES = {"foreigner": "90", "organisation": "91"}
SERIAL_DIGITS = 10


class AssignedNumberMalformed(Refused):
    """Not such a number. ``reason``: ``digits``, or ``citizen`` where it has a citizen's shape."""

    code = "assigned_number_malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


def parse_assigned(typed: str) -> str:
    """The digits of a foreigner's or organisation's number; spaces, dots and dashes are forgiven.

    Raises:
        AssignedNumberMalformed.
    """
    digits = re.sub(r"[\s.\-]", "", typed)
    if not ASSIGNED.fullmatch(digits):
        raise AssignedNumberMalformed("digits")
    if is_citizens(digits):
        raise AssignedNumberMalformed("citizen")
    return digits


def is_citizens(digits: str) -> bool:
    """Whether a number has the shape of a citizen's."""
    try:
        parse_number(digits)
    except NumberMalformed:
        return False
    return True


def new_assigned(kind: str, below: Callable[[int], int] = secrets.randbelow) -> str:
    """A random number for a ``foreigner`` or ``organisation``; whether it is free, the caller sees."""
    return f"{PREFIXES[kind]}{below(10**SERIAL_DIGITS):0{SERIAL_DIGITS}}"


def parse_anyones(typed: str) -> str:
    """The digits of a citizen's, foreigner's or organisation's number; or an agency's code, known by letters.

    Raises:
        NumberMalformed: it is none of them.
    """
    if any(character.isalpha() for character in typed):
        try:
            return parse_agency_code(typed)
        except AgencyCodeMalformed:
            raise NumberMalformed("digits") from None
    return parse_persons(typed)


def parse_persons(typed: str) -> str:
    """The digits of a citizen's or foreigner's number, by which people sign in.

    An organisation's of digits alone looks like a foreigner's: which it is, its account says.

    Raises:
        NumberMalformed: it is neither.
    """
    try:
        return parse_number(typed).digits
    except NumberMalformed as malformed:
        try:
            return parse_assigned(typed)
        except AssignedNumberMalformed:
            raise malformed from None
