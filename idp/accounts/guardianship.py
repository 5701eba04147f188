"""Who is acted for by a guardian, by whom, and until when. Pure.

Decree 69/2024 Art. 7: under 14 the guardian files, and each use needs the guardian's consent. Civil Code
(Law 91/2015) Art. 22-24, 46-48: so it is for an adult whom a court has put under guardianship.
"""

from datetime import UTC, date, datetime, timedelta

from idp.accounts.account import Account, Status
from idp.accounts.eligibility import Unlawful
from idp.accounts.kinds import Identity, Kind
from idp.accounts.organisation import Organisation
from idp.assurance import Level
from idp.registers.register import CitizenRecord, ForeignerRecord
from idp.statute.ages import age_on, day_of_age, end_of_day
from idp.statute.law import STATUTE, Law, LawSilent
from idp.statute.rules import Threshold

ONE_DAY = timedelta(days=1)
GUARDIANS_ACCOUNT = "69/2024 Art. 7"


class NotGuardian(Unlawful):
    """The register names others, or nobody, as this person's guardians."""

    code = "not_guardian"


class FilesAlone(Unlawful):
    """Old enough to ask for an account themself, and under nobody's guardianship."""

    code = "files_alone"


class GuardianUnfit(Unlawful):
    """A guardian files, and acts, with an active account of level 02."""

    code = "guardian_unfit"


def check_dependant(
    record: CitizenRecord | ForeignerRecord, article: str, today: date, *, is_named: bool
) -> None:
    """Whether the register has this person under the guardianship of who files.

    Args:
        is_named: among the record's guardians, by their number of now or a former one.
        article: by which the dependant may have an account.

    Raises:
        FilesAlone, NotGuardian.
    """
    if not is_dependant(record, today):
        raise FilesAlone(STATUTE.on(today).age(Threshold.FILES_ALONE).article)
    if not is_named:
        raise NotGuardian(article)


def is_dependant(record: CitizenRecord | ForeignerRecord, today: date) -> bool:
    """Whether a guardian acts for this person on a day: a child, or an adult whom a court has made a ward."""
    law, age = STATUTE.on(today), age_on(record.birth_date, today)
    if age < law.age(Threshold.FILES_ALONE).age:
        return True
    is_adult = age >= law.age(Threshold.OF_AGE).age
    return is_adult and isinstance(record, CitizenRecord) and record.is_ward


def guardians_of(record: CitizenRecord | ForeignerRecord, today: date) -> tuple[str, ...]:
    """The numbers of who acts for this person by law on a day; none for who acts alone, or has died."""
    return record.guardians if is_dependant(record, today) and not record.is_deceased else ()


def guardianship_ends_at(birth_date: date, now: datetime) -> datetime | None:
    """The first moment at which a child acts alone, midnight in Viet Nam; ``None`` for an adult ward."""
    law = STATUTE.at(now)
    if age_on(birth_date, law.day) >= law.age(Threshold.OF_AGE).age:
        return None
    return end_of_day(day_of_age(birth_date, law.age(Threshold.FILES_ALONE).age) - ONE_DAY)


def must_agree(identity: Identity, today: date) -> bool:
    """Whether a child agrees besides the guardian (Law 91/2025 Art. 24): from 7, until they act alone."""
    if isinstance(identity, Organisation):
        return False
    law = STATUTE.on(today)
    try:
        begins = law.age(Threshold.CONSENTS_TOO).age
    except LawSilent:
        return False  # before that law
    return begins <= age_on(identity.birth_date, today) < law.age(Threshold.FILES_ALONE).age


def is_childs(account: Account, now: datetime) -> bool:
    """Whether its holder is a child for whom a guardian acts."""
    return _needs_guardian(account, STATUTE.at(now))


def has_come_of_age(account: Account, now: datetime) -> bool:
    """Whether a guardian activated it for a child who by now acts alone, and has not taken it over yet.

    Nobody signs in to such an account: it has no authenticators, and its mandates have ended.
    """
    if account.status is not Status.ACTIVE or account.activated_at is None:
        return False
    was_childs = _needs_guardian(account, STATUTE.at(account.activated_at.astimezone(UTC)))
    return was_childs and not is_childs(account, now)


def _needs_guardian(account: Account, law: Law) -> bool:
    if account.kind is Kind.ORGANISATION or isinstance(account.identity, Organisation):
        return False
    return law.may_hold(account.kind, Level.ONE, account.identity.birth_date).needs_guardian
