"""What takes several officers at an office, each by an act of their own: gathered, then done at once.

The statute says what is to be seen, and by how many, in the row of ``in_person.toml`` that is named as the
case is. What was attested for another wish, or by somebody whom it concerns, counts for nothing.
"""

import json
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from idp.accounts.account import Account
from idp.accounts.application import Application, ApplicationMoved, State
from idp.accounts.applications import Applications
from idp.accounts.evidence import EvidenceGiven
from idp.accounts.in_person import OfficerIsHolder, check_seen
from idp.accounts.officers import Officer, Officers
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.statute.law import STATUTE
from idp.statute.rules import Attestation, Case

CASES = frozenset({Case.WARD_PLACED, Case.ACCOUNT_RETURNED})


@dataclass(frozen=True, slots=True)
class Seen:
    """What one officer attested, and for which office."""

    officer: UUID
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficersWish:
    """What officers are about to do with an account.

    Args:
        details: what makes it this wish and no other, such as a phone: who attests another wishes otherwise.
        concerned: accounts whose holders attest nothing of it.
    """

    case: Case
    account: Account
    birth_date: date
    details: tuple[str, ...] = ()
    concerned: Collection[UUID] = ()


Then = Callable[[Collection[Seen], Attestation], None]
"""What is done once enough have attested it, in the transaction of the last act."""


class OfficersActs:
    """Takes acts. Of two officers at once each counts; the last of them does what was wished."""

    def __init__(self, applications: Applications, officers: Officers, audit: AuditLog, clock: Clock) -> None:
        self._applications = applications
        self._officers = officers
        self._audit = audit
        self._clock = clock

    def attest(self, wish: OfficersWish, officer_id: UUID, seen: Set[str], then: Then) -> Application:
        """One officer's act: they saw what is in ``seen``.

        Returns:
            The application as it then stands: accepted, or waiting for another officer.

        Raises:
            NotAnOfficer, OfficerIsHolder, ActIncomplete, EvidenceGiven: nothing was recorded.
            LawSilent: the law has no such act for somebody of this age.
        """
        officer = self._officers.the(officer_id)
        if officer.account_id in {wish.account.id, *wish.concerned}:
            raise OfficerIsHolder
        rule = STATUTE.at(self._clock()).attestation(wish.case.value, wish.birth_date)
        check_seen(rule.checks, seen, rule.article)
        application = self._opened(wish)
        database = self._applications.database
        return database.atomically(lambda: self._attested(application.id, officer, rule, then))

    def expire(self) -> int:
        """End what waits for another officer beyond the law's term; how many.

        What was attested for it counts for nothing any more: all come again.
        """
        waiting = self._applications.all_standing(State.WAITING_IN_PERSON, CASES)
        return sum(map(self._applications.expire, waiting))

    def _attested(self, application_id: UUID, officer: Officer, rule: Attestation, then: Then) -> Application:
        held = self._applications.hold(application_id)
        if held.state is not State.WAITING_IN_PERSON:
            raise ApplicationMoved(held.state)
        acts: dict[str, str] = json.loads(held.details.get("acts", "{}"))
        by = str(officer.account_id)
        if by in acts:
            raise EvidenceGiven
        acts[by] = officer.office
        self._audit.record(
            Event.APPLICATION_ATTESTED,
            account_id=held.account_id,
            application=str(held.id),
            article=rule.article,
            actor=by,
        )
        if len(acts) < rule.officers:
            details = {"acts": json.dumps(acts, ensure_ascii=False)}
            self._applications.amend(held, details, held.case, State.WAITING_IN_PERSON)
        else:
            self._applications.decide(held, State.ACCEPTED, by, article=rule.article)
            then([Seen(UUID(each), office) for each, office in acts.items()], rule)
        return self._applications.hold(held.id)

    def _opened(self, wish: OfficersWish) -> Application:
        """The application that waits for this very wish, filed now if there is none, or its term is over."""
        key = self._applications.key_of(wish.case.value, str(wish.account.id), *wish.details)
        waiting = self._applications.waiting_with(key)
        if waiting is not None and not self._applications.expire(waiting):
            return waiting
        account = wish.account
        return self._applications.join(account.kind, wish.case, account.number, account.id, key)
