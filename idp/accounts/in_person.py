"""Level 02, in person (Decree 69/2024 Art. 10-11): what officers attest, each by an act of their own.

The statute says what is to be seen, and by how many. An account has one such application at a time; when
enough officers have attested and the register agrees, the level rises. Where too few have within the law's
term, the application expires, and its holder is told. So it does where a citizen without a valid card, who
asked for both together (Art. 13.2), has none in the register by then.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import NoReturn
from uuid import UUID

from idp.accounts.account import Account, Accounts, Status
from idp.accounts.application import BY_LAW, Application, ApplicationMoved, State
from idp.accounts.applications import Applications
from idp.accounts.eligibility import CardNeeded
from idp.accounts.evidence import EvidenceKind, EvidenceRecords, register_match, seen_in_person
from idp.accounts.filing import Filing, Found
from idp.accounts.kinds import Kind
from idp.accounts.notices import Notices
from idp.accounts.officers import Officer, Officers
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.statute.law import STATUTE
from idp.statute.rules import Attestation, Case

CASES = frozenset(
    {
        Case.CITIZEN_02,
        Case.CITIZEN_WITHOUT_VALID_CARD,
        Case.FOREIGNER_02_ON_FILE,
        Case.FOREIGNER_02_NOT_ON_FILE,
    }
)
SHORTEST = {Kind.CITIZEN: Case.CITIZEN_02, Kind.FOREIGNER: Case.FOREIGNER_02_ON_FILE}
DOCUMENTS = {Kind.CITIZEN: "idcard", Kind.FOREIGNER: "residence_permit"}
GUARDIAN = "guardian_present"
CARD = "card_seen"
RAISE_EXPIRED = "raise_expired"
CARD_NOT_ISSUED = "raise_without_card"
DECIDED_LATER = "application_decided"


class OfficerIsHolder(Refused):
    """Nobody attests for themself."""

    code = "officer_is_holder"


class NotToBeRaised(Refused):
    """The account has level 02 already, has no levels, or is locked or closed."""

    code = "not_to_be_raised"


class ActIncomplete(Refused):
    """What the statute asks to be seen was not: ``missing``, by ``article``."""

    code = "act_incomplete"

    def __init__(self, missing: str, article: str) -> None:
        super().__init__(missing)
        self.missing = missing
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"missing": self.missing, "article": self.article}


def check_seen(checks: Iterable[str], seen: Set[str], article: str) -> None:
    """An officer's act counts with all that the statute asks to be seen, or not at all.

    Raises:
        ActIncomplete: naming the first that is missing.
    """
    for check in checks:
        if check not in seen:
            raise ActIncomplete(check, article)


class InPerson:
    """Takes officers' acts, and raises accounts. ``filings``: how each kind is held against its register."""

    def __init__(
        self,
        accounts: Accounts,
        applications: Applications,
        evidence: EvidenceRecords,
        officers: Officers,
        filings: Mapping[Kind, Filing],
        notices: Notices,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._applications = applications
        self._evidence = evidence
        self._officers = officers
        self._filings = filings
        self._notices = notices
        self._audit = audit
        self._clock = clock

    def attest(self, account_id: UUID, officer_id: UUID, seen: Set[str]) -> Application:
        """One officer's act: they had the holder before them, and did what is in ``seen``.

        Returns:
            The application as it then stands: accepted, refused by the register, waiting for another
            officer, for a silent register or for a card.

        Raises:
            NotAnOfficer, OfficerIsHolder, NotToBeRaised, ActIncomplete: nothing was recorded.
            EvidenceGiven: this officer has attested it already.
            LawSilent: nobody of this age has level 02.
        """
        officer = self._officers.the(officer_id)
        account = self._accounts.the(account_id)
        if officer.account_id == account.id:
            raise OfficerIsHolder
        rule = self._rule(account)
        case = self._case(account)
        checks = _checks(rule, case)
        check_seen(checks, seen, rule.article)
        application = self._opened(account, case)
        with self._applications.database.transaction():
            # Two officers at once stand in line here: the second sees what the first has done.
            application = self._applications.hold(application.id)
            if application.state is not State.WAITING_IN_PERSON:
                raise ApplicationMoved(application.state)
            self._record(account, application, officer, replace(rule, checks=checks))
        return self._completed(application)

    def resume(self) -> Counter[State]:
        """Take up what waits for a register, or for a card in it; how many now stand where."""
        # In this order, so that what begins to wait for a card is taken up once.
        states = (State.WAITING_CARD, State.WAITING_REGISTER)
        waiting = chain.from_iterable(self._applications.all_standing(state, CASES) for state in states)
        return Counter(self._completed(application).state for application in waiting)

    def expire(self) -> int:
        """End what waits for another officer beyond the law's term; how many.

        What was attested for it counts for nothing any more: the holder comes again.
        """
        waiting = self._applications.all_standing(State.WAITING_IN_PERSON, CASES)
        return sum(self._expired(application) for application in waiting)

    def _expired(self, application: Application, notice: str = RAISE_EXPIRED) -> bool:
        """Whether its term has passed: it is then ended, by this caller or another."""
        return self._applications.expire(
            application, lambda: self._notices.owe(application.account_id or _nowhere(), notice)
        )

    def _rule(self, account: Account) -> Attestation:
        is_open = account.status in (Status.ISSUED, Status.ACTIVE)
        if account.kind not in SHORTEST or account.level is not Level.ONE or not is_open:
            raise NotToBeRaised
        return STATUTE.at(self._clock()).attestation(account.kind, _birth_date(account))

    def _case(self, account: Account) -> Case:
        """Which term the law gives; the shortest where the register is silent."""
        try:
            return self._filings[account.kind].case_in_person(account.number)
        except Unavailable:
            return SHORTEST[account.kind]

    def _opened(self, account: Account, case: Case) -> Application:
        """The application that waits for this account, filed now if there is none."""
        key = f"raise:{account.id}"
        waiting = self._applications.waiting_with(key)
        if waiting is not None and not (waiting.state is State.WAITING_IN_PERSON and self._expired(waiting)):
            return waiting
        return self._applications.join(account.kind, case, account.number, account.id, key)

    def _record(
        self, account: Account, application: Application, officer: Officer, rule: Attestation
    ) -> None:
        self._evidence.add(
            seen_in_person(
                account.id,
                self._clock(),
                str(officer.account_id),
                officer.office,
                rule.article,
                rule.checks,
                application.id,
                DOCUMENTS[account.kind] if CARD in rule.checks else None,
            )
        )

    def _completed(self, application: Application) -> Application:
        """Decide it, if enough officers have attested and the register answers, which is asked before."""
        account = self._accounts.the(application.account_id or _nowhere())
        try:
            rule = self._rule(account)
        except NotToBeRaised as changed:  # locked meanwhile, or raised another way
            self._refuse(application, BY_LAW, changed)
            return self._applications.get(application.id) or _nowhere()
        found, refusal = self._confirmed(account, rule)
        with self._applications.database.transaction():
            held = self._applications.hold(application.id)
            acts = [
                act for act in self._evidence.of_application(held.id) if act.kind is EvidenceKind.IN_PERSON
            ]
            if held.is_decided or len({act.officer for act in acts}) < rule.officers:
                return held
            by = acts[-1].officer or ""
            if isinstance(refusal, CardNeeded):
                self._wait_for_card(held)
                return self._applications.hold(held.id)
            if held.state is State.WAITING_CARD and (found or refusal):
                self._notices.owe(account.id, DECIDED_LATER)
            if found is not None:
                self._raise(held, account, found, by)
            elif refusal is not None:
                self._refuse(held, by, refusal)
            elif held.state is State.WAITING_IN_PERSON:
                self._applications.wait(held, State.WAITING_REGISTER)
            return self._applications.hold(held.id)

    def _wait_for_card(self, held: Application) -> None:
        """The term runs from the day it was filed, whenever the register tells that there is no card yet."""
        case = Case.CITIZEN_WITHOUT_VALID_CARD
        self._applications.amend(held, held.details, case, State.WAITING_CARD)
        self._expired(self._applications.hold(held.id), CARD_NOT_ISSUED)

    def _refuse(self, application: Application, by: str, refusal: Refused) -> None:
        article = refusal.facts().get("article")
        reason, law = refusal.code, str(article) if article else None
        self._applications.decide(application, State.REFUSED, by, reason, law)

    def _confirmed(self, account: Account, rule: Attestation) -> tuple[Found | None, Refused | None]:
        """What the register says: yes, no, or neither while it is silent."""
        filing = self._filings[account.kind]
        try:
            return filing.confirm(account.number, Level.TWO, has_guardian=GUARDIAN in rule.checks), None
        except Unavailable:
            return None, None
        except Refused as refusal:
            return None, refusal

    def _raise(self, application: Application, account: Account, found: Found, by: str) -> None:
        self._applications.decide(application, State.ACCEPTED, by, article=found.article)
        self._evidence.add(
            register_match(account.id, found.source, self._clock(), found.article, application.id)
        )
        self._accounts.set_level(account.id, Level.TWO)
        self._audit.record(
            Event.ACCOUNT_LEVEL_CHANGED,
            account_id=account.id,
            level=Level.TWO.value,
            old_level=account.level and account.level.value,
            actor=by,
        )


def _checks(rule: Attestation, case: Case) -> tuple[str, ...]:
    """What is to be seen: of who has no valid card, everything but the card."""
    is_without = case is Case.CITIZEN_WITHOUT_VALID_CARD
    return tuple(check for check in rule.checks if not (is_without and check == CARD))


def _birth_date(account: Account) -> date:
    born: date = account.identity.birth_date  # type: ignore[union-attr]
    return born


def _nowhere() -> NoReturn:
    raise NotFound("application")
