"""Organisations, as the national business register has them, or what stands for it with agencies. Columns:

``code``             by which it is found: the enterprise code, else the tax code, else the agency's code
``tax_code``         10 digits, 13 for a branch, with the check digit; empty for an agency without one
``enterprise_code``  10 digits like a tax code; empty for what is no enterprise
``agency_code``      Decision 20/2020; empty for what is no agency
``name``             in Vietnamese
``short_name``       may be empty
``foreign_name``     may be empty
``established_on``   YYYY-MM-DD
``head_office``      one line
``status``           active, suspended or dissolved
``representatives``  every legal representative, or the head: ``number/name/title``, with semicolons between;
                     a foreigner without a number here has ``SWE:X0000001``, nationality and passport, instead
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.kernel.errors import Refused
from idp.registers.fields import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    Reason,
    RowRefused,
    one_of,
    read_assigned,
    read_date,
    read_name,
    read_number,
    read_optional_text,
    read_text,
    written,
)
from idp.statute.agency_code import parse_agency_code
from idp.statute.assigned_number import is_citizens
from idp.statute.tax_code import TaxPayer, parse_tax_code

COLUMNS = (
    "code",
    "tax_code",
    "enterprise_code",
    "agency_code",
    "name",
    "short_name",
    "foreign_name",
    "established_on",
    "head_office",
    "status",
    "representatives",
)
MAY_BE_LEFT_OUT: tuple[str, ...] = ()
PASSPORT = re.compile(r"[A-Z]{3}:[0-9A-Z]{1,20}")
MOST_REPRESENTATIVES = 50
PARTS = 3


class Status(StrEnum):
    """Where an organisation stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DISSOLVED = "dissolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """A legal representative or head. ``number`` is a citizen's or foreigner's.

    It is ``None`` where a foreigner has none here yet: then there is ``passport``, as ``SWE:X0000001``.
    """

    number: str | None = field(repr=False)
    passport: str | None = field(default=None, repr=False)
    name: str = field(repr=False)
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRecord:
    """One organisation as the register has it, found by ``code``: its enterprise, tax or agency code."""

    code: str
    tax_code: str | None
    enterprise_code: str | None
    agency_code: str | None
    name: str
    short_name: str | None
    foreign_name: str | None
    established_on: date
    head_office: str
    status: Status
    representatives: tuple[Representative, ...] = field(repr=False)

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE

    def representative(self, number: str) -> Representative | None:
        """The representative with this identity number; ``None`` when it is none of them."""
        return next((each for each in self.representatives if each.number == number), None)


def read_row(row: Mapping[str, str], today: date) -> OrganisationRecord:
    """The organisation that a row describes.

    Raises:
        RowRefused: with the first reason found.
    """
    tax_code = _code(row["tax_code"], _read_tax_code, Reason.TAX_CODE_MALFORMED)
    enterprise_code = _code(row["enterprise_code"], _read_tax_code, Reason.CODE_MALFORMED)
    agency_code = _code(row["agency_code"], parse_agency_code, Reason.AGENCY_CODE_MALFORMED)
    code = row["code"].strip()
    if not code or code != (enterprise_code or tax_code or agency_code):
        raise RowRefused(Reason.CODE_MALFORMED)
    established_on = read_date(row["established_on"], Reason.ESTABLISHED_MALFORMED)
    if established_on > today:
        raise RowRefused(Reason.ESTABLISHED_MALFORMED)
    return OrganisationRecord(
        code=code,
        tax_code=tax_code,
        enterprise_code=enterprise_code,
        agency_code=agency_code,
        name=read_text(row["name"], LONGEST_NAME, Reason.NAME_MALFORMED),
        short_name=read_optional_text(row["short_name"], LONGEST_NAME, Reason.NAME_MALFORMED),
        foreign_name=read_optional_text(row["foreign_name"], LONGEST_NAME, Reason.NAME_MALFORMED),
        established_on=established_on,
        head_office=read_text(row["head_office"], LONGEST_ADDRESS, Reason.ADDRESS_MALFORMED),
        status=one_of({each.value: each for each in Status}, row["status"], Reason.STATUS_UNKNOWN),
        representatives=read_representatives(row["representatives"]),
    )


def write_row(record: OrganisationRecord) -> dict[str, str]:
    """A row that ``read_row`` reads as this record."""
    return {
        "code": record.code,
        "tax_code": written(record.tax_code),
        "enterprise_code": written(record.enterprise_code),
        "agency_code": written(record.agency_code),
        "name": record.name,
        "short_name": written(record.short_name),
        "foreign_name": written(record.foreign_name),
        "established_on": written(record.established_on),
        "head_office": record.head_office,
        "status": record.status.value,
        "representatives": ";".join(
            f"{each.number or each.passport}/{each.name}/{each.title}" for each in record.representatives
        ),
    }


def read_representatives(typed: str) -> tuple[Representative, ...]:
    """The representatives that the column names, at least one, none twice.

    Raises:
        RowRefused.
    """
    found = tuple(_representative(part) for part in typed.split(";"))
    who = {each.number or each.passport for each in found}
    if len(who) != len(found) or len(found) > MOST_REPRESENTATIVES:
        raise RowRefused(Reason.REPRESENTATIVES_MALFORMED)
    return found


def _representative(part: str) -> Representative:
    parts = [each.strip() for each in part.split("/")]
    if len(parts) != PARTS:
        raise RowRefused(Reason.REPRESENTATIVES_MALFORMED)
    who, name, title = parts
    is_passport = PASSPORT.fullmatch(who) is not None
    try:
        number = None if is_passport else _anybodys_number(who)
    except RowRefused:
        raise RowRefused(Reason.REPRESENTATIVES_MALFORMED) from None
    return Representative(
        number=number,
        passport=who if is_passport else None,
        name=read_name(name),
        title=read_text(title, LONGEST_NAME, Reason.REPRESENTATIVES_MALFORMED),
    )


def _anybodys_number(who: str) -> str:
    return read_number(who).digits if is_citizens(who) else read_assigned(who)


def _read_tax_code(typed: str) -> str:
    code = parse_tax_code(typed)
    if code.payer is TaxPayer.PERSON or code.digits != typed:
        raise RowRefused(Reason.TAX_CODE_MALFORMED)
    return code.digits


def _code(typed: str, read: Callable[[str], str], reason: Reason) -> str | None:
    if not typed.strip():
        return None
    try:
        return read(typed.strip())
    except Refused:
        raise RowRefused(reason) from None
