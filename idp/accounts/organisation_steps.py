"""How an application for an organisation's account moves on: by its register, its representatives, its term.

A silent register leaves it waiting; one that does not know the organisation leaves it to officers.
"""

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

from idp.accounts.account import Account, AccountExists, Accounts
from idp.accounts.application import BY_LAW, Application, State
from idp.accounts.applications import FIRST, Applications
from idp.accounts.approvals import Approvals, answer_by, next_state
from idp.accounts.eligibility import organisation_of
from idp.accounts.evidence import Evidence, register_match
from idp.accounts.mandate import Role
from idp.accounts.notices import Notices
from idp.accounts.organisation_filing import OrganisationFiled, objection
from idp.accounts.organisation_opening import Confirmed, OrganisationOpening
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.registers.register import BusinessRegister, OrganisationRecord
from idp.statute.rules import Case

CASES = frozenset({Case.ORGANISATION_ON_FILE, Case.ORGANISATION_NOT_ON_FILE})
TAKEN_UP = (State.WAITING_REGISTER, State.WAITING_APPROVALS)
Stepped = tuple[Collection[UUID], Account | None]
"""Whom to tell, and the account that was opened."""


class OrganisationSteps:
    """Moves applications on as far as they go. Of two at once one does, and the other finds it done."""

    def __init__(
        self,
        accounts: Accounts,
        applications: Applications,
        approvals: Approvals,
        register: BusinessRegister,
        opening: OrganisationOpening,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._applications = applications
        self._approvals = approvals
        self._register = register
        self._opening = opening
        self._notices = notices
        self._clock = clock

    def advance(self, application_id: UUID) -> Application:
        """Hold it against the register, and move it on as far as it goes; as it stands then.

        Representatives who changed meanwhile are asked now, or no more.
        """
        found = self._the(application_id)
        if found.state not in TAKEN_UP:
            if found.applicant_id is not None:  # who filed hears at once what somebody else has ended
                self._notices.send_to(found.applicant_id)
            return found
        step: Callable[[Application], Stepped] = self._put_off
        with suppress(Unavailable):
            step = partial(self._step, record=self._register.find(found.number or ""))
        database = self._applications.database
        work = partial(self._stepped, application_id, step)
        try:
            told, opened = database.atomically(work)
        except AccountExists:  # by another application, in this very moment: now it is seen
            told, opened = database.atomically(work)
        for account_id in told:
            self._notices.send_to(account_id)
        if opened is not None:
            self._opening.send_code(opened, OrganisationFiled.restored(found.details).language)
        return self._the(application_id)

    def resume(self) -> Counter[State]:
        """Take up what waits for the register, and look again at what waits for people; what ran out ends.

        Returns:
            How many now stand where.
        """
        tally: Counter[State] = Counter()
        for state in TAKEN_UP:
            for application in self._applications.all_standing(state, CASES):
                self.expire(application.id)
                tally[self.advance(application.id).state] += 1
        return tally

    def objection(
        self,
        record: OrganisationRecord | None,
        filed: OrganisationFiled,
        filer: Account,
        *,
        was_found: bool,
    ) -> Refused | None:
        """As ``organisation_filing.objection``, today."""
        return objection(
            record,
            filed,
            filer,
            was_found=was_found,
            has_account=self._accounts.by_number(filed.code) is not None,
            article=self._opening.article(),
            now=self._clock(),
        )

    def match(self, account_id: UUID, at: datetime) -> Evidence:
        """That the register was asked, and agrees."""
        return register_match(account_id, self._register.source, at, self._opening.article())

    def ask(
        self, held: Application, filed: OrganisationFiled, filer: Account, record: OrganisationRecord
    ) -> tuple[set[UUID], OrganisationFiled]:
        """Ask whom the register names by now. Within a transaction that holds the application.

        Who agreed and was locked or lowered since agrees again once that is over: it may have been a thief.

        Returns:
            Whom to tell, and what was filed, by who the filer is in the register.
        """
        for each in self._approvals.of(held.id):
            if each.account_id is not None and not self._may_agree(each.account_id):
                self._approvals.take_back(each)
        asked = self._approvals.follow(held.id, record.representatives, (filer.number, filer.id))
        numbers = [each.number for each in asked if each.number]
        found = {account.id for number in numbers if (account := self._accounts.by_number(number))}
        for account_id in sorted(found):
            self._notices.owe(account_id, "approval_wanted")
        is_named = record.representative(filer.number) is not None
        return found, filed.as_role(Role.REPRESENTATIVE) if is_named else filed

    def expire(self, application_id: UUID) -> None:
        """End what was not agreed on within its term."""

        def expired() -> None:
            held = self._applications.hold(application_id)
            if self.is_late(held):
                self.decide(held, State.EXPIRED, BY_LAW, article=held.deadline.article)

        self._applications.database.atomically(expired)

    def is_late(self, application: Application) -> bool:
        """Whether answers that it waits for are past their term."""
        if application.state is not State.WAITING_APPROVALS:
            return False
        until = answer_by(application, self._approvals.of(application.id))
        return until is not None and until <= self._clock()

    def decide(
        self,
        held: Application,
        state: State,
        by: str,
        reason: str | None = None,
        article: str | None = None,
    ) -> None:
        """End it, forget who was asked, and tell who filed. Within a transaction that holds it.

        Raises:
            ApplicationMoved: it was ended before.
        """
        self._applications.decide(held, state, by, reason, article)
        self._approvals.forget(held.id)
        if held.applicant_id is not None and by != str(held.applicant_id):
            self._notices.owe(held.applicant_id, "application_decided")

    def _stepped(self, application_id: UUID, step: Callable[[Application], Stepped]) -> Stepped:
        held = self._applications.hold(application_id)
        if held.state not in TAKEN_UP:
            return set(), None
        return step(held)

    def _put_off(self, held: Application) -> Stepped:
        """The register is silent. Once all have agreed it is the register that is waited for."""
        given = self._approvals.of(held.id)
        if held.state is State.WAITING_APPROVALS and answer_by(held, given) is None:
            self._applications.wait(held, State.WAITING_REGISTER)
        return set(), None

    def _step(self, held: Application, record: OrganisationRecord | None) -> Stepped:
        filed = OrganisationFiled.restored(held.details)
        filer = self._accounts.the(held.applicant_id or FIRST)
        was_found = bool(self._approvals.of(held.id))
        refusal = self.objection(record, filed, filer, was_found=was_found)
        if refusal is not None:
            self.refuse(held, refusal, BY_LAW)
            return {filer.id}, None
        if record is None:
            case = Case.ORGANISATION_NOT_ON_FILE
            self._applications.amend(held, held.details, case, State.WAITING_OFFICER)
            return set(), None
        return self._confirmed(held, filed, filer, record)

    def _confirmed(
        self, held: Application, filed: OrganisationFiled, filer: Account, record: OrganisationRecord
    ) -> Stepped:
        told, filed = self.ask(held, filed, filer, record)
        given = self._approvals.of(held.id)
        state = next_state(given, filed.role)
        if state is not State.ACCEPTED:
            details = {**held.details, "name": record.name}
            if state is not held.state or details != held.details:
                self._applications.amend(held, details, held.case, state)
            return told, None
        confirmed = Confirmed(identity=organisation_of(record), checks=(self.match,))
        opened = self._opening.accept(held, filed, confirmed)
        agreed = {each.account_id for each in given if each.account_id is not None}
        return {*told, *agreed, filer.id}, opened

    def refuse(self, held: Application, refusal: Refused, by: str) -> None:
        """End it by what stands in its way."""
        article = refusal.facts().get("article")
        self.decide(held, State.REFUSED, by, refusal.code, str(article) if article else None)

    def _may_agree(self, account_id: UUID) -> bool:
        account = self._accounts.the(account_id)
        return account.is_active and account.level is Level.TWO

    def _the(self, application_id: UUID) -> Application:
        found = self._applications.get(application_id)
        if found is None:
            raise NotFound("application")
        return found
