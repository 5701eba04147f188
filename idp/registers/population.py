"""Citizens, as the national population database has them. Columns, named in the first line, in any order:

``number``           twelve digits; province, century, sex and year must fit the other columns
``name``             the whole name in Vietnamese order, family name first
``birth_date``       YYYY-MM-DD
``sex``              male or female
``province_2025``    of residence: a two-digit code of the scheme in force since 1 July 2025
``address``          of residence, one line
``card_issued_on``   YYYY-MM-DD, empty when no identity card was issued
``card_expires_on``  YYYY-MM-DD, empty when it does not expire or there is none
``deceased``         yes or no
``guardians``        may be left out: numbers of a child's parents or a ward's guardians, semicolons between
``ward``             may be left out: yes where a court has put an adult under guardianship, no
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from idp.registers.fields import (
    LONGEST_ADDRESS,
    SEXES,
    YES_OR_NO,
    Reason,
    RowRefused,
    one_of,
    read_birth_date,
    read_guardians,
    read_name,
    read_number,
    read_optional_date,
    read_province,
    read_text,
    written,
    yes_or_no,
)
from idp.statute.identity_number import Sex

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
MAY_BE_LEFT_OUT = ("guardians", "ward")


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenRecord:
    """One citizen as the register has them.

    ``province`` is of residence, a code of the 2025 scheme. ``card_issued_on`` is ``None`` when no identity
    card was ever issued, ``card_expires_on`` when it does not expire (from 60 years of age). ``guardians``:
    numbers, of a child's parents or guardians; for an adult they count only where ``is_ward`` says that a
    court has put them under guardianship (Civil Code 91/2015 Art. 22-24): parents stay on record for life.
    """

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    province: str = field(repr=False)
    address: str = field(repr=False)
    card_issued_on: date | None
    card_expires_on: date | None
    is_deceased: bool
    guardians: tuple[str, ...] = field(default=(), repr=False)
    is_ward: bool = False

    @property
    def has_card(self) -> bool:
        return self.card_issued_on is not None

    def has_valid_card(self, on: date) -> bool:
        """Whether a card had been issued and had not expired on that day; it is valid on its last day."""
        if self.card_issued_on is None or on < self.card_issued_on:
            return False
        return self.card_expires_on is None or on <= self.card_expires_on


def read_row(row: Mapping[str, str], today: date) -> CitizenRecord:
    """The citizen that a row describes.

    Raises:
        RowRefused: with the first reason found, in the order of the columns.
    """
    number = read_number(row["number"])
    name = read_name(row["name"])
    birth_date = read_birth_date(row["birth_date"], today)
    sex = one_of(SEXES, row["sex"], Reason.SEX_UNKNOWN)
    if number.birth_year != birth_date.year:
        raise RowRefused(Reason.NUMBER_CONTRADICTS_BIRTH)
    if not number.fits(birth_date, sex):
        raise RowRefused(Reason.NUMBER_CONTRADICTS_SEX)
    province = read_province(row["province_2025"])
    address = read_text(row["address"], LONGEST_ADDRESS, Reason.ADDRESS_MALFORMED)
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
        is_deceased=one_of(YES_OR_NO, row["deceased"], Reason.DECEASED_MALFORMED),
        guardians=read_guardians(row.get("guardians", ""), number.digits),
        is_ward=one_of(YES_OR_NO, row.get("ward", "").strip() or "no", Reason.WARD_MALFORMED),
    )


def write_row(record: CitizenRecord) -> dict[str, str]:
    """A row that ``read_row`` reads as this record."""
    return {
        "number": record.number,
        "name": record.name,
        "birth_date": written(record.birth_date),
        "sex": record.sex.value,
        "province_2025": record.province,
        "address": record.address,
        "card_issued_on": written(record.card_issued_on),
        "card_expires_on": written(record.card_expires_on),
        "deceased": yes_or_no(record.is_deceased),
        "guardians": ";".join(record.guardians),
        "ward": yes_or_no(record.is_ward),
    }


def _card(issued: str, expires: str, birth_date: date, today: date) -> tuple[date | None, date | None]:
    issued_on = read_optional_date(issued, Reason.CARD_DATE_MALFORMED)
    expires_on = read_optional_date(expires, Reason.CARD_DATE_MALFORMED)
    if issued_on is None and expires_on is not None:
        raise RowRefused(Reason.CARD_DATES_CONTRADICT)
    if issued_on is not None and not birth_date <= issued_on <= today:
        raise RowRefused(Reason.CARD_DATES_CONTRADICT)
    if issued_on is not None and expires_on is not None and expires_on <= issued_on:
        raise RowRefused(Reason.CARD_DATES_CONTRADICT)
    return issued_on, expires_on
