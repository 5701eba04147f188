"""Locking an account: all that rests on it ends in one transaction (Decree 69/2024 Art. 15)."""

from uuid import UUID

from idp.accounts.account import Account, Status
from idp.accounts.lifecycle import Lifecycle
from idp.accounts.lock_requests import LockRequests, Turn
from idp.accounts.mandates import Mandates
from idp.accounts.owed_readings import OwedReadings
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.grant import Grants
from idp.statute.rules import LockGround
from idp.storage.database import Database

UNLOCKED = "unlocked"


class Locking:
    """The one way to lock and unlock: sessions, grants and mandates end with a lock, and none comes back.

    Only what the law itself gives, registers give again: the account that opens is owed a reading of its own.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        mandates: Mandates,
        sessions: Sessions,
        grants: Grants,
        owed: OwedReadings,
        requests: LockRequests,
        database: Database,
    ) -> None:
        self._lifecycle = lifecycle
        self._mandates = mandates
        self._sessions = sessions
        self._grants = grants
        self._owed = owed
        self._requests = requests
        self._database = database

    def lock(self, account_id: UUID, ground: LockGround, actor: str) -> Account:
        """Lock on a ground; ``actor`` as in ``Lifecycle``.

        Raises:
            GroundNotLawful, LockStands, NotFound: as ``Lifecycle.lock`` does; nothing has changed.
        """

        def locked() -> Account:
            account = self._lifecycle.lock(account_id, ground, actor)
            self._end_all(account_id, ground, actor)
            return account

        return self._database.atomically(locked)

    def unlock(
        self, account_id: UUID, actor: str, ground: LockGround | None = None, *, is_decided: bool = False
    ) -> Account:
        """End a ground of a lock.

        A code that was redeemed in the very moment of the lock may have left a grant behind that the lock
        did not see; it was worth nothing until now, and ends here.

        Raises:
            LockAbsent, SeveralGrounds, UnlockByAuthority, NotFound: as ``Lifecycle.unlock`` does.
        """

        def unlocked() -> Account:
            account = self._lifecycle.unlock(account_id, actor, ground, is_decided=is_decided)
            self._end_all(account_id, UNLOCKED, actor)
            if account.status is not Status.LOCKED:
                self._owe_readings(account_id)
            return account

        return self._database.atomically(unlocked)

    def decide(self, request_id: UUID, officer_id: UUID, *, is_granted: bool, reason: str = "") -> Account:
        """An authority's request is decided, and what was granted is done, in one transaction.

        Raises:
            NotAnOfficer, SameOfficer, RequestMoved, NotFound: as ``LockRequests.decide`` does.
            LockStands, LockAbsent: the account was locked or unlocked so meanwhile. Nothing is decided.
        """

        def decided() -> Account:
            request = self._requests.decide(request_id, officer_id, is_granted=is_granted, reason=reason)
            actor, ground = str(officer_id), LockGround.AUTHORITY
            if not is_granted:
                return self._lifecycle.the(request.account_id)
            if request.turn is Turn.LOCK:
                return self.lock(request.account_id, ground, actor)
            return self.unlock(request.account_id, actor, ground, is_decided=True)

        return self._database.atomically(decided)

    def _owe_readings(self, account_id: UUID) -> None:
        """What the law gives and a lock ended, it gives again; what people gave is gone."""
        for each in sorted({account_id, *self._mandates.lost_by_lock(account_id)}):
            self._owed.owe(each)

    def _end_all(self, account_id: UUID, ground: str, actor: str) -> None:
        # Mandates before grants: those that rest on mandates end with word to their clients.
        self._mandates.end_all(account_id, ground, actor)
        self._sessions.end_all(account_id)
        self._grants.revoke_between(account_id)
