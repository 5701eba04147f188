"""A child whose account a guardian opened takes it over, once old enough (Decree 69/2024 Art. 14.2).

An office hands accounts over too: see ``wards``.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import bindparam, update

from idp.accounts.account import Account, Accounts, Status, accounts
from idp.accounts.evidence import EvidenceRecords
from idp.accounts.guardianship import has_come_of_age
from idp.accounts.opening import Wish, nothing_else
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.storage.database import Instant

# It is opened anew, to its holder: the term to activate it begins. Level 02 goes: officers saw a child then.
HAND_OVER = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"), accounts.c.status == Status.ACTIVE.value)
    .values(
        status=Status.ISSUED.value,
        activated_at=None,
        level=Level.ONE.value,
        opened_at=bindparam("now", type_=Instant),
        updated_at=bindparam("now", type_=Instant),
    )
)


class ComingOfAge:
    """Hands accounts over to their holders. The account, and with it every ``sub``, stays."""

    def __init__(self, accounts: Accounts, evidence: EvidenceRecords, audit: AuditLog, clock: Clock) -> None:
        self._accounts = accounts
        self._evidence = evidence
        self._audit = audit
        self._clock = clock

    def take_over(self, wish: Wish, by: str, also: Callable[[Account], None]) -> Account | None:
        """Let the holder activate it anew, with their own phone; ``None``: it is no such account.

        Args:
            wish: what the holder filed for themself, the register having agreed.
            also: runs in the same transaction.
        """
        with self._accounts.database.transaction():
            before = self._accounts.by_number(wish.number)
            if before is None or not has_come_of_age(before, self._clock()):
                return None
            return self.hand_over(before, wish, by, also)

    def hand_over(
        self, before: Account, wish: Wish, by: str, also: Callable[[Account], None] = nothing_else
    ) -> Account | None:
        """Have an account that only guardians used wait for its holder; ``None``: it is not active.

        Whoever calls has seen that it may be.
        """
        with self._accounts.database.transaction():
            now = self._clock()
            if self._accounts.database.run(HAND_OVER, {"account_id": before.id, "now": now}) != 1:
                return None
            account = replace(self._accounts.the(before.id), phone=wish.phone, identity=wish.identity)
            self._accounts.rewrite(account)
            self._audit.record(
                Event.ACCOUNT_HANDED_OVER,
                account_id=account.id,
                level=account.level,
                old_level=before.level,
                actor=by,
            )
            for check in wish.checks:
                self._evidence.add(check(account.id, now))
            also(account)
            return account
