"""Shutting everybody else out: of an account, only the session in front of us goes on."""

from dataclasses import dataclass
from uuid import UUID

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.grant import Grants
from idp.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutOut:
    """Ends every other session of an account, and every grant that was given in one (RFC 9700 §4.14.2)."""

    sessions: Sessions
    grants: Grants
    audit: AuditLog
    database: Database

    def others(self, account_id: UUID, here: UUID) -> None:
        """Only the session ``here`` goes on, and what was allowed in it.

        Grants meant to outlive their sessions (``offline_access``) end too: whoever came in elsewhere may
        have given them.
        """
        with self.database.transaction():
            self.sessions.end_all(account_id, but=here)
            self.grants.revoke_elsewhere(account_id, here)

    def strangers(self, account_id: UUID, here: UUID) -> None:
        """The same, because the holder says that somebody else was in their account."""
        with self.database.transaction():
            self.others(account_id, here)
            self.audit.record(Event.ACCOUNT_SHUT_OUT, account_id=account_id, session=str(here))
