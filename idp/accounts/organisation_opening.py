"""Opening an organisation's account, and who acts for it from then on (Decree 69/2024 Art. 12).

It has no password and nobody signs in as it: people act for it by mandates, and one of them activates it with
the code that goes to the organisation's own phone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.activation import ActivationCodes, ActivationRefused
from idp.accounts.application import BY_LAW, Application, State
from idp.accounts.applications import Applications
from idp.accounts.approvals import Answer, Approvals
from idp.accounts.delegation import Wish as MandateWish
from idp.accounts.evidence import Evidence
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.accounts.opening import Check, Opening, Wish
from idp.accounts.organisation import Organisation
from idp.accounts.organisation_filing import OrganisationFiled
from idp.accounts.register_reading import appoint_representative
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, TooManyAttempts, Unavailable
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What an organisation was found to be, and the checks that found it."""

    identity: Organisation = field(repr=False)
    checks: tuple[Check, ...]
    by: str = BY_LAW


class OrganisationOpening:
    """Opens, appoints, and activates."""

    def __init__(
        self,
        accounts: Accounts,
        applications: Applications,
        approvals: Approvals,
        opening: Opening,
        codes: ActivationCodes,
        mandates: Mandates,
        notices: Notices,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._applications = applications
        self._approvals = approvals
        self._opening = opening
        self._codes = codes
        self._mandates = mandates
        self._notices = notices
        self._audit = audit
        self._clock = clock

    def article(self) -> str:
        """By which organisations have accounts today."""
        today = day_in_vietnam(self._clock())
        return STATUTE.on(today).may_hold(Kind.ORGANISATION, None, None).article

    def accept(self, application: Application, filed: OrganisationFiled, confirmed: Confirmed) -> Account:
        """Open the account, and give the mandates that the law gives. Within a transaction.

        Raises:
            AccountExists: there is one by now; the transaction is past saving.
        """
        applicant_id = application.applicant_id
        if applicant_id is None:
            raise NotFound("applicant")

        def accepted(account: Account) -> None:
            self._applications.decide(
                application, State.ACCEPTED, confirmed.by, article=self.article(), account_id=account.id
            )
            self._appoint(account.id, application.id, applicant_id, filed)
            self._approvals.forget(application.id)
            self._notices.owe(applicant_id, "application_decided")

        wish = Wish(
            kind=Kind.ORGANISATION,
            level=None,
            number=filed.code,
            phone=filed.phone,
            email=filed.email,
            identity=confirmed.identity,
            checks=tuple(_towards(application.id, check) for check in confirmed.checks),
        )
        return self._opening.open(wish, confirmed.by, accepted)

    def send_code(self, account: Account, language: str) -> None:
        """Send the code that activates it, after it was opened. A silent channel undoes nothing."""
        try:
            self._opening.send_code(account, language)
        except Unavailable as error:
            self._audit.record(Event.MESSAGE_FAILED, account_id=account.id, reason=error.code)

    def ask_code(self, person_id: UUID, organisation_id: UUID, language: str) -> None:
        """Send another code, five an hour, to the organisation's phone.

        Raises:
            NotFound: this person does not act for it, or it does not wait for activation.
            TooManyAttempts, Unavailable.
        """
        account = self._to_activate(person_id, organisation_id)
        self._codes.spend_message(account.number)
        self._opening.send_code(account, language)

    def activate(self, person_id: UUID, organisation_id: UUID, code: str) -> None:
        """Somebody who acts for it by law activates it.

        Raises:
            NotFound: as ``ask_code``.
            ActivationRefused: a wrong, spent or expired code, or another was first.
            TooManyAttempts.
        """
        account = self._to_activate(person_id, organisation_id)
        try:
            self._codes.redeem(account.number, code)
            with self._accounts.database.transaction():
                if not self._accounts.activate(account.id):
                    raise ActivationRefused(0)
                self._audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id, actor=str(person_id))
        except (ActivationRefused, TooManyAttempts):
            self._audit.record(Event.ACCOUNT_ACTIVATION_REFUSED, account_id=account.id, actor=str(person_id))
            raise

    def waits_for_activation(self, person_id: UUID, organisation_id: UUID) -> bool:
        """Whether an organisation's account is there to be activated by this person."""
        try:
            self._to_activate(person_id, organisation_id)
        except NotFound:
            return False
        return True

    def _to_activate(self, person_id: UUID, organisation_id: UUID) -> Account:
        account = self._accounts.get(organisation_id)
        person = self._accounts.get(person_id)
        acts = (
            person is not None
            and person.level is Level.TWO
            and any(held.principal_id == organisation_id for held in self._mandates.of_agent(person_id))
        )
        if account is None or not acts or account.kind is not Kind.ORGANISATION or account.activated_at:
            raise NotFound("account")
        return account

    def _appoint(
        self, organisation_id: UUID, application_id: UUID, applicant_id: UUID, filed: OrganisationFiled
    ) -> None:
        for agent_id in self._representatives(application_id, applicant_id, filed.role):
            appoint_representative(self._mandates, self._notices, organisation_id, agent_id, BY_LAW)
        if filed.role is Role.AUTHORISED_PERSON:
            wish = MandateWish(agent_id=applicant_id, role=filed.role, ends_at=filed.ends_at)
            self._mandates.appoint(organisation_id, wish, BY_LAW)

    def _representatives(self, application_id: UUID, applicant_id: UUID, role: Role) -> Iterable[UUID]:
        agreed = {
            each.account_id
            for each in self._approvals.of(application_id)
            if each.answer is Answer.APPROVED and each.account_id is not None
        }
        return sorted(agreed | ({applicant_id} if role is Role.REPRESENTATIVE else set()))


def _towards(application_id: UUID, check: Check) -> Callable[..., Evidence]:
    return lambda account_id, at: replace(check(account_id, at), application_id=application_id)
