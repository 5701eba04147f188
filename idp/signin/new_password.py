"""A new password: whoever came in by the old one goes."""

from dataclasses import dataclass
from uuid import UUID

from idp.authenticators.password import Password
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.grant import Grants
from idp.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """Puts a password in the place of another, with all that must follow (RFC 9700 §4.14.2)."""

    password: Password
    sessions: Sessions
    grants: Grants
    database: Database

    def store(self, account_id: UUID, hashed: bytes, here: UUID) -> None:
        """Keep what ``Password.prepare`` gave. Only the session ``here`` goes on, and what was allowed in it.

        Grants meant to outlive their sessions (``offline_access``) end too: whoever knew the old password
        may have given them. The password comes first: a sign-in by the old one that is just ending holds
        it, so that its session is there when sessions end.
        """
        with self.database.transaction():
            self.password.store(account_id, hashed)
            self.sessions.end_all(account_id, but=here)
            self.grants.revoke_elsewhere(account_id, here)
