"""An application for an account, from the day it is filed to the day it is decided. Pure."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from idp.accounts.account import AccountExists
from idp.accounts.kinds import Kind
from idp.kernel.errors import Refused
from idp.statute.law import STATUTE
from idp.statute.rules import Case, Deadline

# Without what is taken for another: 0 and O, 1 and I, and every vowel, so that no word comes of it. Ten of
# them are one of 2^45.
ALPHABET = "23456789BCDFGHKLMNPRSTVX"
REFERENCE_LENGTH = 10
HALF = 5


class State(StrEnum):
    """Where an application stands. Nothing leads out of the last four."""

    WAITING_REGISTER = "waiting_register"
    WAITING_APPROVALS = "waiting_approvals"
    WAITING_IN_PERSON = "waiting_in_person"
    WAITING_OFFICER = "waiting_officer"
    WAITING_CARD = "waiting_card"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


BY_LAW = "law"  # who decided, where nobody did
DECIDED = frozenset({State.ACCEPTED, State.REFUSED, State.EXPIRED, State.WITHDRAWN})
WAITING = frozenset(State) - DECIDED

# A silent register is waited for at any step; only what waits for people can run out of time: a register
# that is late is nobody's omission but ours.
MOVES: Mapping[State, frozenset[State]] = {
    State.WAITING_REGISTER: frozenset(
        {
            State.WAITING_APPROVALS,
            State.WAITING_IN_PERSON,
            State.WAITING_OFFICER,
            State.WAITING_CARD,
            State.ACCEPTED,
            State.REFUSED,
            State.WITHDRAWN,
        }
    ),
    State.WAITING_APPROVALS: DECIDED | {State.WAITING_REGISTER, State.WAITING_OFFICER},
    State.WAITING_IN_PERSON: DECIDED | {State.WAITING_REGISTER, State.WAITING_CARD},
    State.WAITING_CARD: DECIDED,
    # An officer who is late is nobody's omission either.
    State.WAITING_OFFICER: frozenset(
        {State.WAITING_APPROVALS, State.ACCEPTED, State.REFUSED, State.WITHDRAWN}
    ),
    State.ACCEPTED: frozenset(),
    State.REFUSED: frozenset(),
    State.EXPIRED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


# What people file alone, in a browser.
BY_ONESELF = frozenset({Case.CITIZEN_01, Case.FOREIGNER_01})


class ApplicationMoved(Refused):
    """Somebody else was first: the application no longer stands where it was found. ``state``: where now."""

    code = "application_moved"

    def __init__(self, state: State) -> None:
        super().__init__(state.value)
        self.state = state

    def facts(self) -> dict[str, object]:
        return {"state": self.state.value}


class ApplicationUnknown(Refused):
    """No application has this reference with this number: it is not said which of the two is wrong."""

    code = "application_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One person's or body's wish for an account, or for a higher level.

    Args:
        reference: what the applicant is told, sayable.
        number: of whom the account will be; ``details``: what was filed, as its kind writes it. Both are
            forgotten once it is decided: what the register confirmed stands in the account.
        due_at: the first instant that is too late by law.
        decided_by: an officer's or operator's id, ``cli``, ``holder`` or ``law``.
        reason: why it was refused, as a code word; ``article``: by which.
        account_id: the account that came of it, or whose level it is about.
        applicant_id: whose account filed it, for an organisation; ``None``: people for themselves.
    """

    id: UUID
    reference: str
    kind: Kind
    case: Case
    state: State
    number: str | None = field(default=None, repr=False)
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    filed_at: datetime
    due_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    article: str | None = None
    account_id: UUID | None = None
    applicant_id: UUID | None = None

    @property
    def is_decided(self) -> bool:
        return self.state in DECIDED

    @property
    def deadline(self) -> Deadline:
        """Until when it must be decided, and by which article."""
        return due(self.case, self.filed_at)

    @property
    def activation(self) -> Deadline:
        """Until when the account that came of it is activated by its holder (Decree 69/2024 Art. 14.1)."""
        return due(Case.ACTIVATION, self.decided_at or self.filed_at)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the law's term has passed over it undecided."""
        return not self.is_decided and now >= self.due_at


def due(case: Case, filed_at: datetime) -> Deadline:
    """The law's term, by the law of the day on which it was filed."""
    return STATUTE.at(filed_at).deadline(case, filed_at)


def check_move(application: Application, to: State) -> None:
    """Whether an application may go there from where it stands.

    Raises:
        ApplicationMoved: it may not.
    """
    if to not in MOVES[application.state]:
        raise ApplicationMoved(application.state)


def new_reference() -> str:
    """A reference that nobody guesses."""
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))


def read_reference(typed: str) -> str:
    """A reference as it was made, from what somebody typed: blanks, dashes and small letters are forgiven."""
    return "".join(character for character in typed.upper() if character in ALPHABET)


def spoken(reference: str) -> str:
    """In two halves, for the eye and the telephone."""
    return f"{reference[:HALF]}-{reference[HALF:]}"


def outcome(application: Application) -> str:
    """What an applicant is told, as a code word.

    Whether a number had an account already is told to nobody who asks, not even to whom every detail agreed:
    both ends of an application that agreed are ``matched``.
    """
    has_matched = application.state is State.ACCEPTED or application.reason == AccountExists.code
    if application.case in BY_ONESELF and has_matched:
        return "matched"
    return application.state.value
