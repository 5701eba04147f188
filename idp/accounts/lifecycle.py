"""How an account stops, goes on again, and changes its level (Decree 69/2024 Art. 15, 29-30)."""

from enum import StrEnum
from uuid import UUID

from idp.accounts.account import Account, Accounts, Status
from idp.accounts.locks import (
    GroundNotLawful,
    Held,
    Lock,
    LockAbsent,
    Locks,
    LockStands,
    SeveralGrounds,
    UnlockByAuthority,
)
from idp.accounts.notices import Notices
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.statute.law import STATUTE
from idp.statute.rules import LockGround, Unlock


class NotToBeLowered(Refused):
    """The account has not level 02: there is nothing to take back."""

    code = "not_to_be_lowered"


class LoweredFor(StrEnum):
    """Why level 02 is taken back."""

    MISTAKE = "mistake"
    FRAUD = "fraud"
    HOLDER_ASKED = "holder_asked"


class Lifecycle:
    """Changes the status and level of accounts, each with its audit event and notice in one transaction.

    A lock holds at once everywhere, for whoever uses a session or a token asks for the account's status.
    ``actor`` is an operator's account id, ``cli``, ``holder``, or a register's name. Each answers the account
    as it then is. All raise ``NotFound`` for an unknown account.
    """

    def __init__(
        self, accounts: Accounts, locks: Locks, notices: Notices, audit: AuditLog, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._locks = locks
        self._notices = notices
        self._audit = audit
        self._clock = clock

    def lock(self, account_id: UUID, ground: LockGround, actor: str) -> Account:
        """Lock on a ground that the law has for such an account. Closed stays closed.

        Locked on another ground already, it is locked on both: it opens when both have ended. The ground
        that is told stays the first one, unless death comes to it.

        Raises:
            GroundNotLawful: the law has no such ground for this kind of account.
            LockStands: it is locked on this ground already.
        """
        with self._accounts.database.transaction():
            held = self._locks.hold(account_id)
            if held.status != Status.CLOSED:
                self._place(account_id, held, ground, actor)
            return self._accounts.the(account_id)

    def the(self, account_id: UUID) -> Account:
        """How an account stands."""
        return self._accounts.the(account_id)

    def mark_deceased(self, account_id: UUID, actor: str) -> Account:
        """Lock because the holder has died."""
        return self.lock(account_id, LockGround.DEATH, actor)

    def unlock(
        self, account_id: UUID, actor: str, ground: LockGround | None = None, *, is_decided: bool = False
    ) -> Account:
        """End one ground, it having gone or the holder asking; a registered death may be a mistake too.

        The account opens if it was the last.

        Args:
            ground: may be left out where there is only one.
            is_decided: an authority has decided it.

        Raises:
            LockAbsent: it is not locked so.
            SeveralGrounds: it is locked on more than one, and none was named.
            UnlockByAuthority: only an authority opens it again.
        """
        with self._accounts.database.transaction():
            held = self._locks.hold(account_id)
            standing = self._locks.standing(account_id)
            ended = _meant(standing, ground)
            rule = STATUTE.at(self._clock()).lock_rule(held.kind, ended.ground)
            if rule is not None and rule.unlock is Unlock.AUTHORITY and not is_decided:
                raise UnlockByAuthority(ended.ground.value, rule.article)
            self._locks.end(account_id, ended.ground, actor)
            left = [lock for lock in standing if lock.ground != ended.ground]
            self._open(account_id, left)
            self._audit.record(
                Event.ACCOUNT_LOCK_ENDED if left else Event.ACCOUNT_UNLOCKED,
                account_id=account_id,
                ground=ended.ground.value,
                actor=actor,
            )
            return self._accounts.the(account_id)

    def lower(self, account_id: UUID, reason: LoweredFor, actor: str) -> Account:
        """Take level 02 back: what came of a mistake stands no longer. Up leads an officer's act alone.

        Whoever acts for others, or as an officer, does so no more, for that takes level 02 each time.

        Raises:
            NotToBeLowered: it has not level 02.
        """
        with self._accounts.database.transaction():
            self._locks.hold(account_id)
            if self._accounts.the(account_id).level is not Level.TWO:
                raise NotToBeLowered
            self._accounts.set_level(account_id, Level.ONE)
            self._audit.record(
                Event.ACCOUNT_LEVEL_CHANGED,
                account_id=account_id,
                level=Level.ONE.value,
                old_level=Level.TWO.value,
                reason=reason.value,
                actor=actor,
            )
            self._notices.owe(account_id, "level_lowered")
            return self._accounts.the(account_id)

    def _place(self, account_id: UUID, held: Held, ground: LockGround, actor: str) -> None:
        rule = STATUTE.at(self._clock()).lock_rule(held.kind, ground)
        if rule is None:
            raise GroundNotLawful(ground.value)
        if any(lock.ground == ground for lock in self._locks.standing(account_id)):
            raise LockStands(ground.value, rule.article)
        self._locks.place(account_id, ground, rule.article, actor)
        self._accounts.lock(account_id, ground)
        self._audit.record(
            Event.ACCOUNT_LOCKED,
            account_id=account_id,
            ground=ground.value,
            article=rule.article,
            actor=actor,
        )
        self._notices.owe(account_id, f"locked_{ground}")

    def _open(self, account_id: UUID, left: list[Lock]) -> None:
        if left:
            self._locks.relabel(account_id, left)
            return
        self._accounts.unlock(account_id)
        self._notices.owe(account_id, "unlocked")


def _meant(standing: list[Lock], ground: LockGround | None) -> Lock:
    if ground is not None:
        standing = [lock for lock in standing if lock.ground == ground]
    if not standing:
        raise LockAbsent(ground or "")
    if len(standing) > 1:
        raise SeveralGrounds(" ".join(lock.ground for lock in standing))
    return standing[0]
