"""How an account stops, goes on again, and changes its level (Decree 69/2024 Art. 15)."""

from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.kinds import KINDS
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import Refused
from idp.statute.rules import LockGround


class LevelNotOfKind(Refused):
    """Accounts of this kind do not have that level."""

    code = "level_not_of_kind"


class Lifecycle:
    """Changes the status and level of accounts, each with its audit event in one transaction.

    A lock holds at once everywhere, for whoever uses a session or a token asks for the account's status.
    ``actor`` is an operator's account id, ``cli`` or ``holder``. Each answers the account as it then is;
    what is so already stays so, without an event. All raise ``NotFound`` for an unknown account.
    """

    def __init__(self, accounts: Accounts, audit: AuditLog) -> None:
        self._accounts = accounts
        self._audit = audit

    def lock(self, account_id: UUID, ground: LockGround, actor: str) -> Account:
        """Lock. The ground of an earlier lock stays, unless the new one is death. Closed stays closed."""
        with self._accounts.database.transaction():
            if self._accounts.lock(account_id, ground):
                self._audit.record(
                    Event.ACCOUNT_LOCKED, account_id=account_id, ground=ground.value, actor=actor
                )
            return self._accounts.the(account_id)

    def mark_deceased(self, account_id: UUID, actor: str) -> Account:
        """Lock because the holder has died."""
        return self.lock(account_id, LockGround.DEATH, actor)

    def unlock(self, account_id: UUID, actor: str) -> Account:
        """End the lock, its ground having ended; a registered death may have been a mistake too."""
        with self._accounts.database.transaction():
            before = self._accounts.the(account_id)
            if self._accounts.unlock(account_id):
                self._audit.record(
                    Event.ACCOUNT_UNLOCKED,
                    account_id=account_id,
                    ground=before.lock_ground and before.lock_ground.value,
                    actor=actor,
                )
            return self._accounts.the(account_id)

    def change_level(self, account_id: UUID, level: Level | None, actor: str) -> Account:
        """Give another level: 02 only where the person was seen, with card and fingerprints.

        Raises:
            LevelNotOfKind: organisations have none, people have one.
        """
        with self._accounts.database.transaction():
            before = self._accounts.the(account_id)
            if level not in KINDS[before.kind].levels:
                raise LevelNotOfKind
            if level != before.level:
                self._accounts.set_level(account_id, level)
                self._audit.record(
                    Event.ACCOUNT_LEVEL_CHANGED,
                    account_id=account_id,
                    level=level,
                    old_level=before.level,
                    actor=actor,
                )
            return self._accounts.the(account_id)
