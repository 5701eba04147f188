"""Whether the law and a register's record let somebody hold an account. Pure."""

from datetime import date

from idp.accounts.citizen import Citizen, split_name
from idp.accounts.kinds import Kind
from idp.accounts.organisation import Organisation
from idp.assurance import Level
from idp.kernel.errors import Refused
from idp.registers.register import CitizenRecord, OrganisationRecord
from idp.statute.law import STATUTE
from idp.statute.rules import Document, Verdict


class NotInRegister(Refused):
    """The register knows nobody of this number."""

    code = "not_in_register"


class Deceased(Refused):
    """The register has this person as deceased."""

    code = "holder_deceased"


class Unlawful(Refused):
    """The law stands in the way; ``article`` says which."""

    def __init__(self, article: str) -> None:
        super().__init__(article)
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"article": self.article}


class CardNeeded(Unlawful):
    """``reason`` is ``missing`` where no identity card was issued, ``expired`` where it is past its day."""

    code = "card_needed"

    def __init__(self, reason: str, article: str) -> None:
        super().__init__(article)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason, "article": self.article}


class LevelNotHeld(Unlawful):
    """The law gives no account of this level to such a person."""

    code = "level_not_held"

    def __init__(self, level: str | None, article: str) -> None:
        super().__init__(article)
        self.level = level

    def facts(self) -> dict[str, object]:
        return {"level": self.level, "article": self.article}


class GuardianNeeded(Unlawful):
    """For somebody of this age, the guardian files."""

    code = "guardian_needed"


def check_age(
    kind: Kind, level: Level, birth_date: date, today: date, *, has_guardian: bool = False
) -> Verdict:
    """What the law says of somebody so born, who files alone or with a guardian.

    Raises:
        LevelNotHeld, GuardianNeeded.
    """
    verdict = STATUTE.on(today).may_hold(kind, level, birth_date)
    if not verdict.is_allowed:
        raise LevelNotHeld(level, verdict.article)
    if verdict.needs_guardian and not has_guardian:
        raise GuardianNeeded(verdict.article)
    return verdict


def check_holder(record: CitizenRecord, level: Level, today: date, *, has_guardian: bool = False) -> Verdict:
    """Whether the law lets this citizen hold an account of this level.

    Raises:
        LevelNotHeld, GuardianNeeded, CardNeeded, Deceased.
    """
    if record.is_deceased:
        raise Deceased
    verdict = STATUTE.on(today).may_hold(Kind.CITIZEN, level, record.birth_date)
    if not verdict.is_allowed:
        raise LevelNotHeld(level, verdict.article)
    if not record.has_card:
        raise CardNeeded("missing", verdict.article)
    if verdict.document == Document.VALID_CARD and not record.has_valid_card(today):
        raise CardNeeded("expired", verdict.article)
    if verdict.needs_guardian and not has_guardian:
        raise GuardianNeeded(verdict.article)
    return verdict


def citizen_of(record: CitizenRecord) -> Citizen:
    """The electronic identity that a register's record gives."""
    family_name, middle_name, given_name = split_name(record.name)
    return Citizen(
        name=record.name,
        family_name=family_name,
        middle_name=middle_name,
        given_name=given_name,
        birth_date=record.birth_date,
        sex=record.sex,
        province=record.province,
        address=record.address,
    )


def organisation_of(record: OrganisationRecord) -> Organisation:
    """The electronic identity that the business register's record gives; its first representative signs."""
    first = record.representatives[0]
    return Organisation(
        name=record.name,
        short_name=record.short_name,
        foreign_name=record.foreign_name,
        established_on=record.established_on,
        head_office=record.head_office,
        representative_name=first.name,
        representative_number=first.number or first.passport or "",
        tax_code=record.tax_code,
        enterprise_code=record.enterprise_code,
        agency_code=record.agency_code,
    )
