"""Locking an account: it, its sessions and every grant end in one transaction (Decree 69/2024 Art. 15)."""

from uuid import UUID

from idp.accounts.account import Account
from idp.accounts.lifecycle import Lifecycle
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.grant import Grants
from idp.statute.rules import LockGround
from idp.storage.database import Database


class Locking:
    """The one way to lock. Unlocking restores none of what it ended."""

    def __init__(self, lifecycle: Lifecycle, sessions: Sessions, grants: Grants, database: Database) -> None:
        self._lifecycle = lifecycle
        self._sessions = sessions
        self._grants = grants
        self._database = database

    def lock(self, account_id: UUID, ground: LockGround, actor: str) -> Account:
        """Lock on a ground; ``actor`` is ``holder``, ``cli`` or an operator's account id."""
        with self._database.transaction():
            account = self._lifecycle.lock(account_id, ground, actor)
            self._sessions.end_all(account_id)
            self._grants.revoke_between(account_id)
        return account
