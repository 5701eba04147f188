"""The machine-readable zone of passports and cards (ICAO Doc 9303 parts 3-6), its check digits added up.

Three sizes: TD1, cards, 3 lines of 30; TD2, 2 of 36; TD3, passports, 2 of 44.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from idp.kernel.errors import Refused
from idp.statute.identity_number import Sex

CHARACTERS = re.compile(r"[0-9A-Z<]+")
WEIGHTS = (7, 3, 1)
FILLER = "<"
SEXES = {"M": Sex.MALE, "F": Sex.FEMALE, "<": None, "X": None}
CENTURY = 100
EXPIRY_REACH = 50
NUMBER_LENGTH = 9


class ZoneRefused(Refused):
    """A zone that does not add up.

    ``reason``: ``length``, ``characters``, ``document`` (a visa, not a travel document), ``check_digit`` of
    ``part``, or ``date``, ``sex``, ``name``. Nothing of the zone itself is kept.
    """

    code = "machine_readable_zone_refused"

    def __init__(self, reason: str, part: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.part = part

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason, "part": self.part}


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """What a zone says. ``sex`` is ``None`` where it is not specified; a state has three letters, or ``D``.

    Names are the zone's transliteration: capitals, no marks.
    """

    document_type: str
    issuer: str
    number: str = field(repr=False)
    nationality: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex | None = field(repr=False)
    expires_on: date
    surname: str = field(repr=False)
    given_names: str = field(repr=False)

    def is_expired(self, on: date) -> bool:
        """Whether the document has expired; it is valid on its last day."""
        return on > self.expires_on


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand in the lines written one after the other: ``(from, to)``."""

    length: int
    names: tuple[int, int]
    number: int
    nationality: int
    birth: int
    sex: int
    expiry: int
    optional: tuple[int, int]
    composite: tuple[tuple[int, int], ...]
    checked_optional: tuple[int, int] | None = None


LAYOUTS = {
    90: _Layout(30, (60, 90), 5, 45, 30, 37, 38, (15, 30), ((5, 30), (30, 37), (38, 45), (48, 59))),
    72: _Layout(36, (5, 36), 36, 46, 49, 56, 57, (64, 71), ((36, 46), (49, 56), (57, 71))),
    88: _Layout(44, (5, 44), 44, 54, 57, 64, 65, (72, 86), ((44, 54), (57, 64), (65, 87)), (72, 86)),
}


def parse_zone(typed: str, today: date) -> Zone:
    """Read a zone; white space and small letters are forgiven.

    Args:
        today: two digits of a year are read as a birth before it, or an expiry within fifty years of it.

    Raises:
        ZoneRefused.
    """
    zone = "".join(typed.split()).upper()
    layout = LAYOUTS.get(len(zone))
    if layout is None:
        raise ZoneRefused("length")
    if not CHARACTERS.fullmatch(zone):
        raise ZoneRefused("characters")
    if zone[0] == "V":
        raise ZoneRefused("document")
    number = _number(zone, layout)
    _check(zone[layout.birth : layout.birth + 7], "birth_date")
    _check(zone[layout.expiry : layout.expiry + 7], "expiry")
    if layout.checked_optional is not None:
        start, end = layout.checked_optional
        _check_optional(zone[start:end], zone[end])
    end_of_composite = 59 if layout.length == 30 else len(zone) - 1  # noqa: PLR2004
    _check("".join(zone[a:b] for a, b in layout.composite) + zone[end_of_composite], "composite")
    if zone[layout.sex] not in SEXES:
        raise ZoneRefused("sex")
    surname, given_names = _names(zone[slice(*layout.names)])
    return Zone(
        document_type=zone[:2].rstrip(FILLER),
        issuer=zone[2:5].rstrip(FILLER),
        number=number,
        nationality=zone[layout.nationality : layout.nationality + 3].rstrip(FILLER),
        birth_date=_birth_date(zone[layout.birth : layout.birth + 6], today),
        sex=SEXES[zone[layout.sex]],
        expires_on=_expiry(zone[layout.expiry : layout.expiry + 6], today),
        surname=surname,
        given_names=given_names,
    )


def check_digit(text: str) -> str:
    """Weights 7, 3, 1 again and again, letters from A = 10, filler 0; modulo 10 (part 3, 4.9)."""
    values = (0 if character == FILLER else int(character, 36) for character in text)
    return str(sum(value * WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def _check(text_and_digit: str, part: str) -> None:
    if check_digit(text_and_digit[:-1]) != text_and_digit[-1]:
        raise ZoneRefused("check_digit", part)


def _check_optional(text: str, digit: str) -> None:
    if not (digit == FILLER and not text.strip(FILLER)):
        _check(text + digit, "optional")


def _number(zone: str, layout: _Layout) -> str:
    """The document's number. One of more than nine characters goes on in a card's optional data (part 5)."""
    number, digit = zone[layout.number :][:NUMBER_LENGTH], zone[layout.number + NUMBER_LENGTH]
    goes_on = zone[slice(*layout.optional)].split(FILLER, 1)[0]
    if digit == FILLER and layout.checked_optional is None and len(goes_on) > 1:
        number, digit = number + goes_on[:-1], goes_on[-1]
    _check(number + digit, "number")
    if not number.strip(FILLER):
        raise ZoneRefused("check_digit", "number")
    return number.rstrip(FILLER)


def _names(text: str) -> tuple[str, str]:
    surname, _, given = text.rstrip(FILLER).partition(FILLER * 2)
    if not surname or any(character.isdigit() for character in text):
        raise ZoneRefused("name")
    return " ".join(surname.split(FILLER)), " ".join(given.replace(FILLER, " ").split())


def _birth_date(six: str, today: date) -> date:
    born = _date(six, today.year // CENTURY * CENTURY)
    return born if born <= today else _date(six, (today.year // CENTURY - 1) * CENTURY)


def _expiry(six: str, today: date) -> date:
    expires = _date(six, today.year // CENTURY * CENTURY)
    if expires.year > today.year + EXPIRY_REACH:
        return _date(six, (today.year // CENTURY - 1) * CENTURY)
    if expires.year < today.year - EXPIRY_REACH:
        return _date(six, (today.year // CENTURY + 1) * CENTURY)
    return expires


def _date(six: str, century: int) -> date:
    try:
        return date(century + int(six[:2]), int(six[2:4]), int(six[4:]))
    except ValueError:
        raise ZoneRefused("date") from None
