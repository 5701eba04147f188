"""One row of a register's CSV file, checked field by field.

Columns, in any order, named in the first line:

``number``           twelve digits; province, century, sex and year must fit the other columns
``name``             the whole name in Vietnamese order, family name first
``birth_date``       YYYY-MM-DD
``sex``              male or female
``province_2025``    of residence: a two-digit code of the scheme in force since 1 July 2025
``address``          of residence, one line
``card_issued_on``   YYYY-MM-DD, empty when no identity card was issued
``card_expires_on``  YYYY-MM-DD, empty when it does not expire or there is none
``deceased``         yes or no
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from idp.kernel.errors import Refused
from idp.registers.register import CitizenRecord
from idp.statute.identity_number import IdentityNumber, NumberMalformed, Sex, parse_number
from idp.statute.provinces import PROVINCES

T = TypeVar("T")

COLUMNS = (
    "number",
    "name",
    "birth_date",
    "sex",
    "province_2025",
    "address",
    "card_issued_on",
    "card_expires_on",
    "deceased",
)
LONGEST_NAME = 100
LONGEST_ADDRESS = 300
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WORDS = {"yes": True, "no": False}


class Reason(StrEnum):
    """Why a row is refused; its sentence is ``row_refused_<reason>`` in the locale."""

    ROW_MALFORMED = "row_malformed"
    COLUMNS_MISCOUNTED = "columns_miscounted"
    NUMBER_MALFORMED = "number_malformed"
    NUMBER_PROVINCE_UNKNOWN = "number_province_unknown"
    NUMBER_CONTRADICTS_BIRTH = "number_contradicts_birth"
    NUMBER_CONTRADICTS_SEX = "number_contradicts_sex"
    NUMBER_REPEATED = "number_repeated"
    NAME_MALFORMED = "name_malformed"
    BIRTH_DATE_MALFORMED = "birth_date_malformed"
    BIRTH_DATE_IN_FUTURE = "birth_date_in_future"
    SEX_UNKNOWN = "sex_unknown"
    PROVINCE_UNKNOWN = "province_unknown"
    ADDRESS_MALFORMED = "address_malformed"
    CARD_DATE_MALFORMED = "card_date_malformed"
    CARD_DATES_CONTRADICT = "card_dates_contradict"
    DECEASED_MALFORMED = "deceased_malformed"


class RowRefused(Refused):
    """A row does not hold what a register's row must hold."""

    code = "row_refused"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason.value}


def read_row(row: Mapping[str, str], today: date) -> CitizenRecord:
    """The citizen that a row describes, names and address in NFC.

    Raises:
        RowRefused: with the first reason found, in the order of the columns.
    """
    number = _number(row["number"].strip())
    name = _text(row["name"], LONGEST_NAME, Reason.NAME_MALFORMED)
    if not is_name(name):
        raise RowRefused(Reason.NAME_MALFORMED)
    birth_date = _date(row["birth_date"], Reason.BIRTH_DATE_MALFORMED)
    if birth_date > today:
        raise RowRefused(Reason.BIRTH_DATE_IN_FUTURE)
    sex = _one_of({each.value: each for each in Sex}, row["sex"], Reason.SEX_UNKNOWN)
    if number.birth_year != birth_date.year:
        raise RowRefused(Reason.NUMBER_CONTRADICTS_BIRTH)
    if not number.fits(birth_date, sex):
        raise RowRefused(Reason.NUMBER_CONTRADICTS_SEX)
    province = _one_of({code: code for code in PROVINCES}, row["province_2025"], Reason.PROVINCE_UNKNOWN)
    address = _text(row["address"], LONGEST_ADDRESS, Reason.ADDRESS_MALFORMED)
    issued_on, expires_on = _card(row["card_issued_on"], row["card_expires_on"], birth_date, today)
    return CitizenRecord(
        number=number.digits,
        name=name,
        birth_date=birth_date,
        sex=sex,
        province=province,
        address=address,
        card_issued_on=issued_on,
        card_expires_on=expires_on,
        is_deceased=_one_of(WORDS, row["deceased"], Reason.DECEASED_MALFORMED),
    )


def is_name(text: str) -> bool:
    """Letters with their marks, spaces, and the signs that names of some peoples have (H'Hen, Y-Blok)."""
    kinds = [unicodedata.category(character)[0] for character in text]
    return "L" in kinds and all(
        kind in "LM" or character in " '’-." for character, kind in zip(text, kinds, strict=True)
    )


def _number(typed: str) -> IdentityNumber:
    # A register's own file writes digits alone; parse_number forgives what people type.
    if not typed.isdigit():
        raise RowRefused(Reason.NUMBER_MALFORMED)
    try:
        return parse_number(typed)
    except NumberMalformed as error:
        is_province = error.reason == "province"
        reason = Reason.NUMBER_PROVINCE_UNKNOWN if is_province else Reason.NUMBER_MALFORMED
        raise RowRefused(reason) from None


def _text(typed: str, longest: int, reason: Reason) -> str:
    text = " ".join(unicodedata.normalize("NFC", typed).split())
    if not 0 < len(text) <= longest or any(unicodedata.category(each) in ("Cc", "Cf", "Cn") for each in text):
        raise RowRefused(reason)
    return text


def _date(typed: str, reason: Reason) -> date:
    text = typed.strip()
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RowRefused(reason)


def _one_of(choices: Mapping[str, T], typed: str, reason: Reason) -> T:
    try:
        return choices[typed.strip()]
    except KeyError:
        raise RowRefused(reason) from None


def _card(issued: str, expires: str, birth_date: date, today: date) -> tuple[date | None, date | None]:
    issued_on = _date(issued, Reason.CARD_DATE_MALFORMED) if issued.strip() else None
    expires_on = _date(expires, Reason.CARD_DATE_MALFORMED) if expires.strip() else None
    if issued_on is None and expires_on is not None:
        raise RowRefused(Reason.CARD_DATES_CONTRADICT)
    if issued_on is not None and not birth_date <= issued_on <= today:
        raise RowRefused(Reason.CARD_DATES_CONTRADICT)
    if issued_on is not None and expires_on is not None and expires_on <= issued_on:
        raise RowRefused(Reason.CARD_DATES_CONTRADICT)
    return issued_on, expires_on
