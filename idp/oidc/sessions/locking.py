"""Locking an account: all that rests on it ends in one transaction (Decree 69/2024 Art. 15)."""

from uuid import UUID

from idp.accounts.account import Account
from idp.accounts.lifecycle import Lifecycle
from idp.accounts.mandates import Mandates
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.grant import Grants
from idp.statute.rules import LockGround
from idp.storage.database import Database


class Locking:
    """The one way to lock: sessions, grants and mandates end with it. Unlocking restores none of them."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        mandates: Mandates,
        sessions: Sessions,
        grants: Grants,
        database: Database,
    ) -> None:
        self._lifecycle = lifecycle
        self._mandates = mandates
        self._sessions = sessions
        self._grants = grants
        self._database = database

    def lock(self, account_id: UUID, ground: LockGround, actor: str) -> Account:
        """Lock on a ground; ``actor`` is ``holder``, ``cli`` or an operator's account id."""
        with self._database.transaction():
            account = self._lifecycle.lock(account_id, ground, actor)
            # Before the grants: those that rest on mandates end with word to their clients.
            self._mandates.end_all(account_id, ground, actor)
            self._sessions.end_all(account_id)
            self._grants.revoke_between(account_id)
        return account
