"""Foreigners who live in Viet Nam, as the national immigration database has them. Columns, in any order:

``number``                the foreigner's identification number: digits, never shaped like a citizen's
``name``                  as in the passport
``birth_date``            YYYY-MM-DD
``sex``                   male or female
``nationality``           three capital letters (ICAO Doc 9303 part 3)
``document_type``         passport or travel_document
``document_number``       of 1 to 20 letters and digits
``document_issued_on``    YYYY-MM-DD
``document_expires_on``   YYYY-MM-DD
``document_issued_at``    the place
``residence_kind``        permanent or temporary, empty without a residence card
``residence_number``      of the card, empty without one
``residence_expires_on``  YYYY-MM-DD, empty for a permanent card or without one
``address``               in Viet Nam, one line, may be empty
``biometrics``            yes: portrait and fingerprints are on file
``deceased``              yes or no
``guardians``             may be left out: numbers of a child's parents or guardians, semicolons between
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.registers.fields import (
    LONGEST_ADDRESS,
    SEXES,
    YES_OR_NO,
    Reason,
    RowRefused,
    one_of,
    read_assigned,
    read_birth_date,
    read_date,
    read_guardians,
    read_matching,
    read_name,
    read_optional_date,
    read_optional_text,
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
    "nationality",
    "document_type",
    "document_number",
    "document_issued_on",
    "document_expires_on",
    "document_issued_at",
    "residence_kind",
    "residence_number",
    "residence_expires_on",
    "address",
    "biometrics",
    "deceased",
)
MAY_BE_LEFT_OUT = ("guardians",)
NATIONALITY = re.compile(r"[A-Z]{3}")
DOCUMENT_NUMBER = re.compile(r"[0-9A-Z]{1,20}")
LONGEST_PLACE = 100


class DocumentType(StrEnum):
    """What a foreigner travels with."""

    PASSPORT = "passport"
    TRAVEL_DOCUMENT = "travel_document"


class ResidenceKind(StrEnum):
    """What kind of residence card it is."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignerRecord:
    """One foreigner as the register has them. Without a residence card ``residence_…`` are ``None``."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    nationality: str = field(repr=False)
    document_type: DocumentType
    document_number: str = field(repr=False)
    document_issued_on: date
    document_expires_on: date
    document_issued_at: str = field(repr=False)
    residence_kind: ResidenceKind | None
    residence_number: str | None = field(repr=False)
    residence_expires_on: date | None
    address: str | None = field(repr=False)
    has_biometrics: bool
    is_deceased: bool
    guardians: tuple[str, ...] = field(default=(), repr=False)

    def has_valid_document(self, on: date) -> bool:
        """Whether the passport or travel document is valid on that day, its last day included."""
        return self.document_issued_on <= on <= self.document_expires_on

    def may_reside(self, on: date) -> bool:
        """Whether there is a residence card, valid on that day, its last day included."""
        if self.residence_kind is None:
            return False
        return self.residence_expires_on is None or on <= self.residence_expires_on


def read_row(row: Mapping[str, str], today: date) -> ForeignerRecord:
    """The foreigner that a row describes.

    Raises:
        RowRefused: with the first reason found, in the order of the columns.
    """
    number = read_assigned(row["number"])
    name = read_name(row["name"])
    birth_date = read_birth_date(row["birth_date"], today)
    sex = one_of(SEXES, row["sex"], Reason.SEX_UNKNOWN)
    nationality = read_matching(row["nationality"], NATIONALITY, Reason.NATIONALITY_MALFORMED)
    if nationality == "VNM":
        raise RowRefused(Reason.NATIONALITY_MALFORMED)
    issued_on = read_date(row["document_issued_on"], Reason.DOCUMENT_MALFORMED)
    expires_on = read_date(row["document_expires_on"], Reason.DOCUMENT_MALFORMED)
    if not birth_date <= issued_on <= today or expires_on <= issued_on:
        raise RowRefused(Reason.DOCUMENT_DATES_CONTRADICT)
    kind, card, until = _residence(row)
    return ForeignerRecord(
        number=number,
        name=name,
        birth_date=birth_date,
        sex=sex,
        nationality=nationality,
        document_type=one_of(
            {each.value: each for each in DocumentType}, row["document_type"], Reason.DOCUMENT_MALFORMED
        ),
        document_number=read_matching(row["document_number"], DOCUMENT_NUMBER, Reason.DOCUMENT_MALFORMED),
        document_issued_on=issued_on,
        document_expires_on=expires_on,
        document_issued_at=read_text(row["document_issued_at"], LONGEST_PLACE, Reason.DOCUMENT_MALFORMED),
        residence_kind=kind,
        residence_number=card,
        residence_expires_on=until,
        address=read_optional_text(row["address"], LONGEST_ADDRESS, Reason.ADDRESS_MALFORMED),
        has_biometrics=one_of(YES_OR_NO, row["biometrics"], Reason.BIOMETRICS_MALFORMED),
        is_deceased=one_of(YES_OR_NO, row["deceased"], Reason.DECEASED_MALFORMED),
        guardians=read_guardians(row.get("guardians", ""), row["number"].strip()),
    )


def write_row(record: ForeignerRecord) -> dict[str, str]:
    """A row that ``read_row`` reads as this record."""
    return {
        "number": record.number,
        "name": record.name,
        "birth_date": written(record.birth_date),
        "sex": record.sex.value,
        "nationality": record.nationality,
        "document_type": record.document_type.value,
        "document_number": record.document_number,
        "document_issued_on": written(record.document_issued_on),
        "document_expires_on": written(record.document_expires_on),
        "document_issued_at": record.document_issued_at,
        "residence_kind": written(record.residence_kind),
        "residence_number": written(record.residence_number),
        "residence_expires_on": written(record.residence_expires_on),
        "address": written(record.address),
        "biometrics": yes_or_no(record.has_biometrics),
        "deceased": yes_or_no(record.is_deceased),
        "guardians": ";".join(record.guardians),
    }


def _residence(row: Mapping[str, str]) -> tuple[ResidenceKind | None, str | None, date | None]:
    kind = row["residence_kind"].strip()
    until = read_optional_date(row["residence_expires_on"], Reason.RESIDENCE_MALFORMED)
    if not kind:
        if until is not None or row["residence_number"].strip():
            raise RowRefused(Reason.RESIDENCE_MALFORMED)
        return None, None, None
    known = one_of({each.value: each for each in ResidenceKind}, kind, Reason.RESIDENCE_MALFORMED)
    if known is ResidenceKind.TEMPORARY and until is None:
        raise RowRefused(Reason.RESIDENCE_MALFORMED)
    return known, read_matching(row["residence_number"], DOCUMENT_NUMBER, Reason.RESIDENCE_MALFORMED), until
