"""What any look at a register may find: that its record ends an account which no event has ended.

Whoever reads, and why: an application, an officer's act, a correction. They ask outside a transaction and go
their own way; the account is owed a reading, which then acts as the event would have (``register_reading``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from idp.accounts.account import Accounts
from idp.accounts.locks import Locks
from idp.accounts.owed_readings import OwedReadings
from idp.accounts.record_grounds import Record, grounds_of
from idp.kernel.clock import Clock
from idp.registers.register import MOST_CHANGES, Change, Register, Registers, UnreadChange
from idp.statute.ages import day_in_vietnam

R = TypeVar("R", bound=Record)


class Noticed(Generic[R]):
    """A register that tells of each record it gives."""

    def __init__(self, register: Register[R], notice: Callable[[str, Record], None]) -> None:
        self._register = register
        self._notice = notice
        self.source = register.source

    def find(self, number: str) -> R | None:
        """As in ``Register``."""
        record = self._register.find(number)
        if record is not None:
            self._notice(number, record)
        return record

    def changes(self, after: str, limit: int = MOST_CHANGES) -> Sequence[Change | UnreadChange]:
        """As in ``Register``."""
        return self._register.changes(after, limit)


@dataclass(frozen=True, slots=True)
class Noticing:
    """Has accounts read again whose record gives a ground for a lock that they lack."""

    accounts: Accounts
    locks: Locks
    owed: OwedReadings
    clock: Clock

    def over(self, registers: Registers) -> Registers:
        """The same registers, watched."""
        return Registers(
            population=Noticed(registers.population, self.notice),
            immigration=Noticed(registers.immigration, self.notice),
            business=Noticed(registers.business, self.notice),
        )

    def notice(self, number: str, record: Record) -> None:
        """Look at a record that was just read, of whomever it is."""
        grounds = grounds_of(record, day_in_vietnam(self.clock()))
        account = self.accounts.by_number(number) if grounds else None
        if account is None:
            return
        if grounds - {lock.ground for lock in self.locks.standing(account.id)}:
            self.owed.owe(account.id)
