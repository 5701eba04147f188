"""Organisations ask for their account (Decree 69/2024 Art. 12): a person files, all representatives agree.

Whoever files, and everybody who agrees, does so by their own account of level 02.
"""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.application import Application, ApplicationMoved, State
from idp.accounts.applications import ApplicationOpen, Applications
from idp.accounts.approvals import Answer, Approval, Approvals
from idp.accounts.delegation import AGENTS_ACCOUNT
from idp.accounts.enrolment_limits import Limits
from idp.accounts.kinds import Kind
from idp.accounts.organisation_filing import FilerUnfit, read_organisation
from idp.accounts.organisation_steps import CASES, OrganisationSteps
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused
from idp.statute.rules import Case

# Why a representative does not agree: what is chosen stands in the application as ``approval_<reason>``.
REFUSALS = ("not_agreed", "filer_unknown", "term_wrong")


class ApprovalOfOwn(Refused):
    """Who filed an application has agreed by that, and answers no more."""

    code = "approval_of_own"


class ApprovalGiven(Refused):
    """This representative answered already."""

    code = "approval_given"


class OrganisationEnrolment:
    """Takes applications in, and the answers of those who have to agree."""

    def __init__(
        self,
        accounts: Accounts,
        applications: Applications,
        approvals: Approvals,
        steps: OrganisationSteps,
        limits: Limits,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._applications = applications
        self._approvals = approvals
        self._steps = steps
        self._limits = limits
        self._audit = audit
        self._clock = clock

    def file(self, filer: Account, typed: Mapping[str, str], address: str, language: str) -> Application:
        """Take an application in, and move it on.

        Args:
            filer: signed in, by a fresh proof.
            typed: the form's fields.

        Raises:
            FilerUnfit: the filer's own account is not of level 02.
            ApplicationOpen: this person has one for this organisation that waits.
            TooManyAttempts: or another refusal of ``read_organisation``: nothing was filed.
        """
        if not filer.is_active or filer.level is not Level.TWO or filer.kind is Kind.ORGANISATION:
            raise FilerUnfit(AGENTS_ACCOUNT)
        filed = read_organisation(typed, language, self._clock())
        self._limits.spend_filing_for_others(filer.number, address)
        key = self._applications.key_of("organisation", str(filer.id), filed.code)
        if self._applications.waiting_with(key) is not None:
            raise ApplicationOpen
        application = self._applications.file(
            Kind.ORGANISATION,
            Case.ORGANISATION_ON_FILE,
            filed.code,
            filed.stored(),
            open_key=key,
            applicant_id=filer.id,
        )
        return self._steps.advance(application.id)

    def filed_by(self, account_id: UUID) -> list[Application]:
        """What somebody filed, the newest first."""
        return [each for each in self._applications.filed_by(account_id) if each.case in CASES]

    def of_filer(self, application_id: UUID, account_id: UUID) -> Application:
        """What somebody filed.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        found = self._the(application_id)
        if found.applicant_id != account_id:
            raise NotFound("application")
        return found

    def approvals_of(self, application: Application) -> list[Approval]:
        """Who has to agree, and what each said."""
        return self._approvals.of(application.id)

    def waiting_for(self, account: Account) -> list[tuple[Approval, Application]]:
        """What waits for somebody's answer. Who cannot answer, being of level 01, sees it all the same."""
        found = [
            (each, self._applications.get(each.application_id))
            for each in self._approvals.waiting_for(account.number)
        ]
        return [(each, it) for each, it in found if it is not None and not self._steps.is_late(it)]

    def withdraw(self, application_id: UUID, account_id: UUID) -> None:
        """Who filed takes it back, while it waits.

        Raises:
            NotFound: as ``of_filer``.
            ApplicationMoved: it was decided meanwhile.
        """

        def withdrawn() -> None:
            self.of_filer(application_id, account_id)
            self._steps.decide(self._applications.hold(application_id), State.WITHDRAWN, str(account_id))

        self._applications.database.atomically(withdrawn)

    def answer(self, application_id: UUID, account: Account, refusal: str | None = None) -> Application:
        """A representative agrees; or, with a reason of ``REFUSALS``, ends the application by refusing.

        Raises:
            NotFound: nobody asked this person.
            FilerUnfit: their own account is not of level 02.
            ApprovalOfOwn, ApprovalGiven.
            ApplicationMoved: it was decided, or ran out of time, before. It is then known as that.
        """
        self._steps.expire(application_id)
        self._applications.database.atomically(partial(self._answer, application_id, account, refusal))
        return self._steps.advance(application_id)

    def _answer(self, application_id: UUID, account: Account, refusal: str | None) -> None:
        held = self._applications.hold(application_id)
        mine = next((each for each in self._approvals.of(held.id) if each.number == account.number), None)
        if held.applicant_id == account.id:
            raise ApprovalOfOwn
        if held.is_decided:
            raise ApplicationMoved(held.state)
        if mine is None:
            raise NotFound("application")
        if not self._accounts.hold_active(account.id) or account.level is not Level.TWO:
            raise FilerUnfit(AGENTS_ACCOUNT)
        answer = Answer.APPROVED if refusal is None else Answer.REFUSED
        if held.state is not State.WAITING_APPROVALS or not self._approvals.answer(mine, answer, account.id):
            raise ApprovalGiven
        facts = {"application": str(held.id), "state": answer.value}
        self._audit.record(Event.APPLICATION_ANSWERED, account_id=account.id, **facts)
        if refusal is not None:
            reason = f"approval_{refusal if refusal in REFUSALS else REFUSALS[0]}"
            self._steps.decide(held, State.REFUSED, str(account.id), reason, AGENTS_ACCOUNT)

    def _the(self, application_id: UUID) -> Application:
        found = self._applications.get(application_id)
        if found is None or found.case not in CASES:
            raise NotFound("application")
        return found
