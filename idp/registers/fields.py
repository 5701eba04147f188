"""The fields of a register's record as text, checked one by one: in CSV rows, in our own store, over HTTP."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from idp.kernel.errors import Refused
from idp.statute.assigned_number import AssignedNumberMalformed, parse_assigned
from idp.statute.identity_number import IdentityNumber, NumberMalformed, Sex, parse_number
from idp.statute.names import NameRefused, check_name, has_stray_mark, is_latin
from idp.statute.provinces import PROVINCES

MOST_GUARDIANS = 4
T = TypeVar("T")

LONGEST_ADDRESS = 300
LONGEST_NAME = 200
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YES_OR_NO = {"yes": True, "no": False}
SEXES = {each.value: each for each in Sex}


class Reason(StrEnum):
    """Why a row is refused."""

    ROW_MALFORMED = "row_malformed"
    COLUMNS_MISCOUNTED = "columns_miscounted"
    NUMBER_MALFORMED = "number_malformed"
    NUMBER_PROVINCE_UNKNOWN = "number_province_unknown"
    NUMBER_CONTRADICTS_BIRTH = "number_contradicts_birth"
    NUMBER_CONTRADICTS_SEX = "number_contradicts_sex"
    NUMBER_REPEATED = "number_repeated"
    NAME_MALFORMED = "name_malformed"
    TEXT_DECOMPOSED = "text_decomposed"
    TEXT_LOOKS_ALIKE = "text_looks_alike"
    BIRTH_DATE_MALFORMED = "birth_date_malformed"
    BIRTH_DATE_IN_FUTURE = "birth_date_in_future"
    SEX_UNKNOWN = "sex_unknown"
    PROVINCE_UNKNOWN = "province_unknown"
    ADDRESS_MALFORMED = "address_malformed"
    CARD_DATE_MALFORMED = "card_date_malformed"
    CARD_DATES_CONTRADICT = "card_dates_contradict"
    DECEASED_MALFORMED = "deceased_malformed"
    GUARDIANS_MALFORMED = "guardians_malformed"
    WARD_MALFORMED = "ward_malformed"
    NATIONALITY_MALFORMED = "nationality_malformed"
    DOCUMENT_MALFORMED = "document_malformed"
    DOCUMENT_DATES_CONTRADICT = "document_dates_contradict"
    RESIDENCE_MALFORMED = "residence_malformed"
    BIOMETRICS_MALFORMED = "biometrics_malformed"
    CODE_MALFORMED = "code_malformed"
    TAX_CODE_MALFORMED = "tax_code_malformed"
    AGENCY_CODE_MALFORMED = "agency_code_malformed"
    ESTABLISHED_MALFORMED = "established_malformed"
    STATUS_UNKNOWN = "status_unknown"
    REPRESENTATIVES_MALFORMED = "representatives_malformed"
    # Of links to old identifiers of portals.
    SECTOR_UNKNOWN = "sector_unknown"
    LEGACY_ID_MALFORMED = "legacy_id_malformed"
    LEGACY_ID_REPEATED = "legacy_id_repeated"
    LEGACY_ID_TAKEN = "legacy_id_taken"
    ACCOUNT_UNKNOWN = "account_unknown"


# What is wrong with a name, told as a row's reason.
NAME_REASONS = {"decomposed": Reason.TEXT_DECOMPOSED, "look_alike": Reason.TEXT_LOOKS_ALIKE}


class RowRefused(Refused):
    """A row does not hold what a register's row must hold."""

    code = "row_refused"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason.value}


def read_number(typed: str) -> IdentityNumber:
    """A citizen's number: digits alone, for a register does not write what people type.

    Raises:
        RowRefused, as every function here.
    """
    if not typed.strip().isdigit():
        raise RowRefused(Reason.NUMBER_MALFORMED)
    try:
        return parse_number(typed.strip())
    except NumberMalformed as error:
        is_province = error.reason == "province"
        reason = Reason.NUMBER_PROVINCE_UNKNOWN if is_province else Reason.NUMBER_MALFORMED
        raise RowRefused(reason) from None


def read_assigned(typed: str) -> str:
    """A foreigner's or organisation's number: digits alone."""
    if not typed.strip().isdigit():
        raise RowRefused(Reason.NUMBER_MALFORMED)
    try:
        return parse_assigned(typed.strip())
    except AssignedNumberMalformed:
        raise RowRefused(Reason.NUMBER_MALFORMED) from None


def read_name(typed: str) -> str:
    """Somebody's name, already composed: what is not is refused, never mended."""
    name = " ".join(typed.split())
    try:
        check_name(name)
    except NameRefused as refusal:
        raise RowRefused(NAME_REASONS.get(refusal.reason, Reason.NAME_MALFORMED)) from None
    return name


def read_text(typed: str, longest: int, reason: Reason) -> str:
    """One line of text in Latin letters, composed, no mark upon another, with nothing that cannot be seen."""
    text = " ".join(typed.split())
    if not unicodedata.is_normalized("NFC", text):
        raise RowRefused(Reason.TEXT_DECOMPOSED)
    if not 0 < len(text) <= longest or any(unicodedata.category(each) in ("Cc", "Cf", "Cn") for each in text):
        raise RowRefused(reason)
    if not is_latin(text) or has_stray_mark(text):
        raise RowRefused(Reason.TEXT_LOOKS_ALIKE)
    return text


def read_optional_text(typed: str, longest: int, reason: Reason) -> str | None:
    """The same, or ``None`` where nothing is written."""
    return read_text(typed, longest, reason) if typed.strip() else None


def read_date(typed: str, reason: Reason) -> date:
    """A day written YYYY-MM-DD."""
    text = typed.strip()
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RowRefused(reason)


def read_optional_date(typed: str, reason: Reason) -> date | None:
    """The same, or ``None`` where nothing is written."""
    return read_date(typed, reason) if typed.strip() else None


def read_birth_date(typed: str, today: date) -> date:
    """A day on which somebody can have been born."""
    birth_date = read_date(typed, Reason.BIRTH_DATE_MALFORMED)
    if birth_date > today:
        raise RowRefused(Reason.BIRTH_DATE_IN_FUTURE)
    return birth_date


def one_of(choices: Mapping[str, T], typed: str, reason: Reason) -> T:
    """What a word stands for."""
    try:
        return choices[typed.strip()]
    except KeyError:
        raise RowRefused(reason) from None


def read_province(typed: str) -> str:
    """A two-digit code of the scheme in force since 1 July 2025."""
    return one_of({code: code for code in PROVINCES}, typed, Reason.PROVINCE_UNKNOWN)


def read_matching(typed: str, pattern: re.Pattern[str], reason: Reason) -> str:
    """Text of one form."""
    text = typed.strip()
    if not pattern.fullmatch(text):
        raise RowRefused(reason)
    return text


def read_guardians(typed: str, ward: str) -> tuple[str, ...]:
    """Numbers of citizens or foreigners, with semicolons between, none of them the ward's own."""
    if not typed.strip():
        return ()
    try:
        numbers = tuple(_read_person(part) for part in typed.split(";"))
    except RowRefused:
        raise RowRefused(Reason.GUARDIANS_MALFORMED) from None
    if len(set(numbers)) != len(numbers) or ward in numbers or len(numbers) > MOST_GUARDIANS:
        raise RowRefused(Reason.GUARDIANS_MALFORMED)
    return numbers


def _read_person(typed: str) -> str:
    try:
        return read_number(typed).digits
    except RowRefused:
        return read_assigned(typed)


def written(value: date | str | None) -> str:
    """A field as text again; nothing for ``None``."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.isoformat()


def yes_or_no(value: bool) -> str:
    """As the columns have it."""
    return "yes" if value else "no"
