"""What a rule of the law looks like, whatever it speaks of: the values that the ``.toml`` files give."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from idp.statute.ages import day_of_age


class Document(StrEnum):
    """What must be on record before an account is opened."""

    VALID_CARD = "valid_card"
    CARD_ISSUED = "card_issued"
    RESIDENCE_CARD = "residence_card"
    TRAVEL_DOCUMENT = "travel_document"
    REGISTRATION = "registration"


class Threshold(StrEnum):
    """Ages at which something changes."""

    FILES_ALONE = "files_alone"
    CONSENTS_TOO = "consents_too"
    OF_AGE = "of_age"


class Case(StrEnum):
    """What the law gives a term for."""

    CITIZEN_01 = "citizen_01"
    CITIZEN_02 = "citizen_02"
    CITIZEN_WITHOUT_VALID_CARD = "citizen_without_valid_card"
    CITIZEN_01_BY_GUARDIAN = "citizen_01_by_guardian"
    FOREIGNER_01 = "foreigner_01"
    FOREIGNER_01_BY_GUARDIAN = "foreigner_01_by_guardian"
    FOREIGNER_02_ON_FILE = "foreigner_02_on_file"
    FOREIGNER_02_NOT_ON_FILE = "foreigner_02_not_on_file"
    WARD_PLACED = "ward_placed"
    ACCOUNT_RETURNED = "account_returned"
    ORGANISATION_ON_FILE = "organisation_on_file"
    ORGANISATION_NOT_ON_FILE = "organisation_not_on_file"
    ACTIVATION = "activation"
    LOCK_FORWARDED = "lock_forwarded"
    LOCK_DECIDED = "lock_decided"
    UNLOCK_FORWARDED = "unlock_forwarded"
    UNLOCK_DECIDED = "unlock_decided"
    CLIENT_APPRAISED = "client_appraised"
    CONNECTED_CLIENT_APPRAISED = "connected_client_appraised"
    DATA_REQUEST_ACKNOWLEDGED = "data_request_acknowledged"
    DATA_CORRECTED = "data_corrected"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    BREACH_NOTIFIED = "breach_notified"


class Unit(StrEnum):
    """What a term is counted in."""

    WORKING_DAYS = "working_days"
    DAYS = "days"
    HOURS = "hours"


class LockGround(StrEnum):
    """Why an account is locked."""

    HOLDER_ASKED = "holder_asked"
    TERMS_BREACHED = "terms_breached"
    CARD_REVOKED = "card_revoked"
    CARD_HELD = "card_held"
    DEATH = "death"
    DOCUMENT_EXPIRED = "document_expired"
    RESIDENCE_EXPIRED = "residence_expired"
    DISSOLVED = "dissolved"
    AUTHORITY = "authority"


class LockedBy(StrEnum):
    """Who locks: the system by itself, at once, or an authority by decision."""

    SYSTEM = "system"
    AUTHORITY = "authority"


class Unlock(StrEnum):
    """What opens a locked account again."""

    HOLDER = "holder"
    GROUND_ENDED = "ground_ended"
    AUTHORITY = "authority"


class Announced(StrEnum):
    """What people are told of before it comes."""

    GUARDIANSHIP_ENDS = "guardianship_ends"


class Kept(StrEnum):
    """What is kept for a time that the law says."""

    ACCOUNT = "account"
    ACCESS_HISTORY = "access_history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the law. ``article`` is cited as ``69/2024 Art. 13.1.a``, act first; days are included."""

    article: str
    is_uncertain: bool
    in_force_from: date
    in_force_until: date | None

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on that day."""
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding(Rule):
    """Which account a kind of holder may have at an age: ``from_age`` to below ``to_age``, in full years.

    A level in ``on_request`` is issued only when asked for expressly; an account without level is ``""``.
    """

    kind: str
    from_age: int
    to_age: int | None
    document: Document
    levels: frozenset[str]
    on_request: frozenset[str]
    needs_guardian: bool

    def covers(self, kind: str, age: int) -> bool:
        """Whether it speaks of such an age and kind."""
        return kind == self.kind and self.from_age <= age and (self.to_age is None or age < self.to_age)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRule(Rule):
    """From which age, in full years, something holds."""

    threshold: Threshold
    age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Rule):
    """How long a case may take."""

    case: Case
    within: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation(Rule):
    """What is seen of a holder of an age in person before level 02: ``checks``, by how many ``officers``."""

    kind: str
    from_age: int
    to_age: int | None
    officers: int
    checks: tuple[str, ...]

    def covers(self, kind: str, age: int) -> bool:
        """Whether it speaks of such an age and kind."""
        return kind == self.kind and self.from_age <= age and (self.to_age is None or age < self.to_age)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRule(Rule):
    """A ground on which an account of a kind is locked, by whom, and what opens it again."""

    kind: str
    ground: LockGround
    locked_by: LockedBy
    unlock: Unlock


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceNotice(Rule):
    """How many days before it comes something is announced. The term is the house's own, not the act's."""

    of: Announced
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Rule):
    """How long something is kept; ``years`` is ``None`` for what is kept for good."""

    kept: Kept
    years: int | None

    def oldest(self, today: date) -> date:
        """The first day of which something is still kept; the calendar's first, where it is for good."""
        return date.min if self.years is None else day_of_age(today, -self.years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Until when a case must be done.

    ``due_at`` is the first instant that is too late (aware, UTC), ``due_on`` the last day in Viet Nam.
    """

    case: Case
    due_on: date
    due_at: datetime
    within: int
    unit: Unit
    article: str
    is_uncertain: bool

    def has_passed(self, now: datetime) -> bool:
        """Whether it is too late."""
        return now >= self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the law says of a wish: whether, on what conditions, and by which article.

    ``is_on_request``: only when it was asked for expressly. ``document`` is ``None`` when no rule covers
    the case; ``article`` is then empty.
    """

    is_allowed: bool
    is_on_request: bool
    needs_guardian: bool
    document: Document | None
    article: str
    is_uncertain: bool = False


NO_RULE = Verdict(is_allowed=False, is_on_request=False, needs_guardian=False, document=None, article="")
