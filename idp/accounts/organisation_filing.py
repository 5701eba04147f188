"""What somebody files who asks for an organisation's account, and what the register says of it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from idp.accounts.account import Account, AccountExists
from idp.accounts.delegation import AGENTS_ACCOUNT, TERM, MandateMisshaped
from idp.accounts.eligibility import NotInRegister, Unlawful
from idp.accounts.filing import read_day
from idp.accounts.mandate import Role
from idp.accounts.phone import parse_phone
from idp.assurance import Level
from idp.kernel.errors import Refused
from idp.registers.business import Status
from idp.registers.register import OrganisationRecord
from idp.statute.agency_code import parse_agency_code
from idp.statute.ages import end_of_day
from idp.statute.tax_code import TaxCodeMalformed, TaxPayer, parse_tax_code

ROLES = (Role.REPRESENTATIVE, Role.AUTHORISED_PERSON)
"""As what somebody files (Decree 69/2024 Art. 12)."""
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+", re.ASCII)
LONGEST_EMAIL = 254


class OrganisationCodeMalformed(Refused):
    """Not an organisation's code. ``reason``: ``digits``, ``check_digit``, ``branch`` or ``person``."""

    code = "organisation_code_malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


class EmailMalformed(Refused):
    """Not an e-mail address."""

    code = "email_malformed"


class FilersRoleMissing(Refused):
    """It was not said as what somebody files."""

    code = "filers_role_missing"


class FilerUnfit(Unlawful):
    """Only a person with an active account of level 02 files for an organisation, or agrees for it."""

    code = "filer_unfit"


class NotRepresentative(Unlawful):
    """The register does not have the filer as a representative."""

    code = "not_representative"


class OrganisationDissolved(Unlawful):
    """The register has the organisation as dissolved."""

    code = "organisation_dissolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFiled:
    """What was typed. ``ends_at``: until when an authorised person shall act, and ``None`` for others."""

    code: str = field(repr=False)
    phone: str = field(repr=False)
    email: str | None = field(repr=False)
    role: Role
    ends_at: datetime | None
    language: str

    def stored(self) -> dict[str, str]:
        """As JSON members; ``restored`` is its inverse."""
        members = {
            "code": self.code,
            "phone": self.phone,
            "email": self.email,
            "role": self.role.value,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "language": self.language,
        }
        return {key: value for key, value in members.items() if value is not None}

    def as_role(self, role: Role) -> "OrganisationFiled":
        """By who files as the register has it: a representative needs no term."""
        return replace(self, role=role, ends_at=self.ends_at if role is Role.AUTHORISED_PERSON else None)

    @classmethod
    def restored(cls, details: Mapping[str, str]) -> "OrganisationFiled":
        """From what ``stored`` gave; other members are left alone."""
        ends_at = details.get("ends_at")
        return cls(
            code=details["code"],
            phone=details["phone"],
            email=details.get("email"),
            role=Role(details["role"]),
            ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
            language=details["language"],
        )


def read_organisation(typed: Mapping[str, str], language: str, now: datetime) -> OrganisationFiled:
    """A form.

    Raises:
        OrganisationCodeMalformed, AgencyCodeMalformed, PhoneMalformed, EmailMalformed, FilersRoleMissing,
        DateMalformed, MandateMisshaped: in the order of the form.
    """
    code = read_code(typed.get("code", ""))
    phone = parse_phone(typed.get("phone", ""))
    email = typed.get("email", "").strip() or None
    if email is not None and (len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email)):
        raise EmailMalformed
    role = next((role for role in ROLES if role.value == typed.get("role")), None)
    if role is None:
        raise FilersRoleMissing
    ends_at = None
    if role is Role.AUTHORISED_PERSON:
        last_day = read_day(typed.get("last_day", ""), "last_day")
        if last_day == date.max:  # the calendar has no day after it
            raise MandateMisshaped("ends_at", TERM)
        ends_at = end_of_day(last_day)
        if ends_at <= now:
            raise MandateMisshaped("ends_at", TERM)
    return OrganisationFiled(
        code=code, phone=phone, email=email, role=role, ends_at=ends_at, language=language
    )


def read_code(typed: str) -> str:
    """An enterprise's or tax code, or an agency's, told apart by its letters.

    Raises:
        OrganisationCodeMalformed: or a person's, who applies as a person.
        AgencyCodeMalformed.
    """
    if any(character.isalpha() for character in typed):
        return parse_agency_code(typed)
    try:
        code = parse_tax_code(typed)
    except TaxCodeMalformed as malformed:
        raise OrganisationCodeMalformed(malformed.reason) from None
    if code.payer is TaxPayer.PERSON:
        raise OrganisationCodeMalformed("person")
    return code.digits


def objection(
    record: OrganisationRecord | None,
    filed: OrganisationFiled,
    filer: Account,
    *,
    was_found: bool,
    has_account: bool,
    article: str,
    now: datetime,
) -> Refused | None:
    """Why an organisation's account is not opened on what was filed; ``None``: nothing stands in the way.

    Args:
        was_found: the register knew it when it was looked at before.
        article: by which organisations hold accounts.
    """
    if not filer.is_active or filer.level is not Level.TWO:
        return FilerUnfit(AGENTS_ACCOUNT)
    if record is None and was_found:
        return NotInRegister()
    if record is not None:
        if record.status is Status.DISSOLVED:
            return OrganisationDissolved(article)
        if filed.role is Role.REPRESENTATIVE and record.representative(filer.number) is None:
            return NotRepresentative(AGENTS_ACCOUNT)
    if has_account:
        return AccountExists()
    if filed.ends_at is not None and filed.ends_at <= now:
        return MandateMisshaped("ends_at", TERM)
    return None
