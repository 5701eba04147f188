"""What the news of a register does to accounts (Decree 69/2024 Art. 15).

Each act may come again, and then does no more. An account is found by its number; an organisation's is the
code by which the business register has it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from idp.accounts.account import AccountExists, Accounts
from idp.accounts.former_numbers import FormerNumbers
from idp.accounts.locks import LockStands
from idp.accounts.notices import Notices
from idp.accounts.owed_readings import OwedReadings
from idp.accounts.register_reading import RegisterReading, Turn
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.errors import Refused, Unavailable
from idp.registers.following import ChangeUnread, Told, Work
from idp.registers.register import Change, ChangeKind, RegisterName
from idp.statute.rules import LockGround

LOCKS: Mapping[ChangeKind, LockGround] = {
    ChangeKind.DEATH: LockGround.DEATH,
    ChangeKind.CARD_REVOKED: LockGround.CARD_REVOKED,
    ChangeKind.CARD_HELD: LockGround.CARD_HELD,
    ChangeKind.RESIDENCE_EXPIRED: LockGround.RESIDENCE_EXPIRED,
    ChangeKind.ORGANISATION_DISSOLVED: LockGround.DISSOLVED,
}
# What ends a ground that no record bears out.
ENDS: Mapping[ChangeKind, LockGround] = {ChangeKind.CARD_RETURNED: LockGround.CARD_HELD}


@dataclass(frozen=True, slots=True)
class ActsOf:
    """What is done about the changes of one register: ``Acts`` of ``idp.registers.following``."""

    changes: "RegisterChanges"
    name: RegisterName

    def prepare(self, change: Change) -> Work:
        """See ``Acts``."""
        return self.changes.prepare(self.name, change)

    def refuse(self, change: Told, refusal: Refused) -> None:
        """See ``Acts``."""
        self.changes.refuse(self.name, change, refusal)


class RegisterChanges:
    """Acts on what registers tell. Whatever is more than one word is read in the register itself."""

    def __init__(
        self,
        accounts: Accounts,
        former: FormerNumbers,
        reading: RegisterReading,
        owed: OwedReadings,
        notices: Notices,
        audit: AuditLog,
        lock: Turn,
    ) -> None:
        self._accounts = accounts
        self._former = former
        self._reading = reading
        self._owed = owed
        self._notices = notices
        self._audit = audit
        self._lock = lock

    def of(self, name: RegisterName) -> ActsOf:
        """What acts on the changes of one register."""
        return ActsOf(self, name)

    def prepare(self, name: RegisterName, change: Change) -> Work:
        """See ``Acts``. A record that cannot be had now is owed a reading: one holds up no other's news."""
        account = self._accounts.by_number(change.number)
        if account is None:
            return _nothing  # it has no account here, or its number was changed when this was told before
        if ground := LOCKS.get(change.kind):
            return partial(self._lock_once, account.id, ground, name)
        if ground := ENDS.get(change.kind):
            return partial(self._reading.end_own, account.id, ground, name.value)
        if change.kind is ChangeKind.NUMBER_REISSUED and change.new_number is not None:
            return partial(self._renumber, account.id, change.number, change.new_number, name)
        try:
            return self._reading.of(account)
        except Unavailable:
            return partial(self._owed.owe, account.id)

    def refuse(self, name: RegisterName, change: Told, refusal: Refused) -> None:
        """See ``Acts``: people have to look into it. What could not be read may be in the record too."""
        account = None if change.number is None else self._accounts.by_number(change.number)
        if account is not None and isinstance(refusal, ChangeUnread):
            self._owed.owe(account.id)
        self._audit.record(
            Event.REGISTER_CHANGE_REFUSED,
            account_id=None if account is None else account.id,
            register=name.value,
            kind=str(change.kind),
            reason=refusal.code,
        )

    def _lock_once(self, account_id: UUID, ground: LockGround, name: RegisterName) -> None:
        with suppress(LockStands):
            self._lock(account_id, ground, name.value)

    def _renumber(self, account_id: UUID, old: str, new: str, name: RegisterName) -> None:
        """The account, its id, and with that every ``sub`` stay; only what is typed at sign-in changes.

        Raises:
            AccountExists: somebody else has the number. That is for people to look into.
        """
        account = self._accounts.the(account_id)
        if account.number != old:
            return
        if self._accounts.by_number(new) is not None:
            raise AccountExists
        self._accounts.rewrite(replace(account, number=new))
        self._former.remember(old, account.id)
        self._audit.record(Event.ACCOUNT_RENUMBERED, account_id=account.id, actor=name.value)
        self._notices.owe(account.id, "number_reissued")


def _nothing() -> None:
    """There is nothing to be done."""
