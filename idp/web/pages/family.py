"""For whom somebody acts as guardian, and how far back they see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.application import Application
from idp.accounts.guardian_enrolment import GuardianEnrolment
from idp.accounts.mandate import Mandate, Role
from idp.accounts.mandates import Mandates
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Family:
    """What the pages of dependants read with."""

    enrolment: GuardianEnrolment
    accounts: Accounts
    mandates: Mandates
    audit: AuditLog

    def dependants(self, guardian_id: UUID) -> list[tuple[Mandate, Account]]:
        """For whom somebody may act now as guardian, by name: nobody while their own level is too low."""
        held = [each for each in self.mandates.usable_by(guardian_id) if each.role is Role.GUARDIAN]
        found = [(mandate, self.accounts.the(mandate.principal_id)) for mandate in held]
        return sorted(found, key=lambda each: each[1].identity.name)

    def dependant(self, guardian_id: UUID, mandate_id: str) -> Account:
        """For whom one mandate lets somebody act.

        Raises:
            NotFound: there is none, or it is another's, or not a guardian's.
        """
        for mandate, account in self.dependants(guardian_id):
            if str(mandate.id) == mandate_id:
                return account
        raise NotFound("mandate")

    def look(self, guardian_id: UUID, mandate_id: str, event: Event = Event.ACCOUNT_VIEWED) -> Account:
        """The same, to see what is kept of them: it stands in the dependant's own history.

        Raises:
            NotFound: as ``dependant``; nothing is written.
        """
        account = self.dependant(guardian_id, mandate_id)
        self.audit.record(event, account_id=account.id, actor=str(guardian_id), mandate=mandate_id)
        return account

    def since(self, account: Account) -> datetime | None:
        """From when on guardians see what happened: an account that was its holder's own passed to them then.

        What its holder did before, alone and of age, is none of theirs (Civil Code Art. 38, decision 25).
        ``None``: from the beginning, for a child's account never was its own.
        """
        placed = self.audit.for_account(account.id, 1, events=(Event.ACCOUNT_PLACED,))
        return placed[0].at if placed else None

    def name(self, application: Application) -> str | None:
        """Of whom an application is: as typed while it waits, as the account has it when it was accepted."""
        if application.account_id is not None:
            return self.accounts.the(application.account_id).identity.name
        return application.details.get("name")
