"""Guardians ask for their dependants' accounts (Decree 69/2024 Art. 7): filed, checked, decided.

The account that comes of it is active at once, by the guardian's act: it has no authenticators, and every
use of it is the guardian's, under the mandate that the law gives with it. A second guardian whom the register
names gets the same mandate by filing for themself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from idp.accounts.account import Account, AccountExists, Accounts
from idp.accounts.application import BY_LAW, Application, ApplicationUnknown, State
from idp.accounts.applications import Applications
from idp.accounts.coming_of_age import ComingOfAge
from idp.accounts.delegation import MandateMisshaped, MandateRefused
from idp.accounts.delegation import Wish as MandateWish
from idp.accounts.dependant_filing import GUARDIAN, Dependant, fit_guardian
from idp.accounts.enrolment_limits import Limits
from idp.accounts.evidence import Evidence, EvidenceRecords, register_match
from idp.accounts.filing import Applying, Filed, Found, RegisterMismatch
from idp.accounts.guardianship import FilesAlone, guardianship_ends_at, is_childs
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.accounts.opening import Opening, Wish
from idp.accounts.self_enrolment import SelfEnrolment
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused


class GuardianEnrolment(SelfEnrolment):
    """Takes guardians' applications in. Waiting for a silent register is as people's own applications do."""

    def __init__(
        self,
        accounts: Accounts,
        applications: Applications,
        filings: Mapping[Kind, Applying],
        opening: Opening,
        evidence: EvidenceRecords,
        mandates: Mandates,
        notices: Notices,
        limits: Limits,
        coming_of_age: ComingOfAge,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        super().__init__(applications, filings, opening, limits, coming_of_age, audit)
        self._accounts = accounts
        self._evidence = evidence
        self._mandates = mandates
        self._notices = notices
        self._clock = clock

    def file_for(
        self, guardian: Account, kind: Kind, typed: Mapping[str, str], address: str, language: str
    ) -> Application:
        """Take an application in and decide it, unless the register is silent.

        Args:
            guardian: who files, signed in.
            typed: the form's fields, of the dependant; the account's phone will be the guardian's.

        Raises:
            NumberMalformed, NameRefused, DateMalformed and the like: nothing was filed.
            GuardianUnfit, TooManyAttempts: nor here.
        """
        filing = self._filings[kind]
        filed = filing.read({**typed, "phone": guardian.phone or "", GUARDIAN: str(guardian.id)}, language)
        fit_guardian(self._accounts, guardian.id)
        self._limits.spend_filing_for_others(str(guardian.id), address)
        self._limits.spend_filing(filed.number, address)
        application = self._applications.file(
            kind, filing.case, filed.number, self._details(filed, address), applicant_id=guardian.id
        )
        decided = self._decided(application, filed)
        if decided.reason == RegisterMismatch.code:
            self._limits.was_wrong(address)
        return decided

    def filed_by(self, guardian_id: UUID) -> Sequence[Application]:
        """What a guardian filed for dependants, the newest first."""
        return [each for each in self._applications.filed_by(guardian_id) if self._is_ours(each)]

    def one_filed_by(self, guardian_id: UUID, application_id: UUID) -> Application:
        """One of them.

        Raises:
            ApplicationUnknown: there is none, or it is another's.
        """
        found = self.find(application_id)
        if found is None or found.applicant_id != guardian_id or not self._is_ours(found):
            raise ApplicationUnknown
        return found

    def withdraw_own(self, guardian_id: UUID, application_id: UUID) -> Application:
        """The guardian takes it back, while it waits.

        Raises:
            ApplicationUnknown, ApplicationMoved.
        """
        return self.withdraw(self.one_filed_by(guardian_id, application_id).id)

    def _accept(self, application: Application, filed: Filed, found: Found) -> None:
        assert isinstance(filed, Dependant)  # noqa: S101 - made by this table's filings
        try:
            try:
                self._open(application, filed, found)
            except AccountExists:
                self._accounts.database.atomically(lambda: self._join(application, filed, found))
        except MandateRefused as refusal:
            self._refuse(application, _told(refusal), refusal.article or found.article)
        except (AccountExists, NotFound) as refusal:  # not found: it is locked or closed
            self._refuse(application, _told(refusal), found.article)

    def _open(self, application: Application, filed: Dependant, found: Found) -> None:
        """The first guardian: the account, active, and the mandate, or nothing of it."""

        def accept(account: Account) -> None:
            self._accounts.activate(account.id)
            self._audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id, actor=str(filed.guardian))
            self._appoint(application, filed, found, account)
            self._notices.owe(account.id, "dependant_opened")

        def named(account_id: UUID, at: datetime) -> Evidence:
            return self._named(application, found, account_id, at)

        wish = Wish(
            kind=application.kind,
            level=Level.ONE,
            number=filed.number,
            phone=filed.phone,
            identity=found.identity,
            checks=(named,),
        )
        self._opening.open(wish, str(filed.guardian), accept)

    def _join(self, application: Application, filed: Dependant, found: Found) -> None:
        """A second guardian of an account that is there: they get the mandate that the first one has.

        Raises:
            AccountExists: the account is its holder's own.
        """
        account = self._accounts.by_number(filed.number)
        if account is None or not self._is_acted_for(account):
            raise AccountExists
        self._appoint(application, filed, found, account)
        self._evidence.add(self._named(application, found, account.id, self._clock()))
        self._notices.owe(account.id, "guardian_added")

    def _appoint(self, application: Application, filed: Dependant, found: Found, account: Account) -> None:
        born = found.identity.birth_date  # type: ignore[union-attr]
        wish = MandateWish(
            agent_id=filed.guardian,
            role=Role.GUARDIAN,
            ends_at=guardianship_ends_at(born, self._clock()),
        )
        self._mandates.appoint(account.id, wish, BY_LAW)
        self._applications.decide(
            application, State.ACCEPTED, BY_LAW, article=found.article, account_id=account.id
        )

    def _is_acted_for(self, account: Account) -> bool:
        """Whether guardians act for it already, or must: a child has no account of any other making."""
        held = self._mandates.of_principal(account.id)
        return is_childs(account, self._clock()) or any(each.role is Role.GUARDIAN for each in held)

    def _named(self, application: Application, found: Found, account_id: UUID, at: datetime) -> Evidence:
        return register_match(account_id, found.source, at, found.article, application.id)


def _told(refusal: Refused) -> str:
    if isinstance(refusal, MandateMisshaped):  # its end is past: midnight came while it was decided
        return FilesAlone.code
    return "account_locked" if isinstance(refusal, NotFound) else refusal.code
