"""What a register's record does to an account: corrections, locks by their day, representatives.

A record is read before the transaction that acts on it, so that a slow register holds nobody up; the account
is then held, and who changed it meanwhile is seen.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.accounts.delegation import AgentUnfit, Wish
from idp.accounts.eligibility import citizen_of, organisation_of
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.former_numbers import FormerNumbers
from idp.accounts.guardians import Guardians
from idp.accounts.kinds import Identity, Kind
from idp.accounts.locks import LockAbsent, Locks, LockStands
from idp.accounts.mandate import Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.accounts.owed_readings import OwedReading, OwedReadings
from idp.accounts.record_grounds import FINAL, Record, grounds_gone, grounds_of, last_days
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused, Unavailable
from idp.registers.following import Work
from idp.registers.register import (
    CitizenRecord,
    ForeignerRecord,
    OrganisationRecord,
    RegisterName,
    Registers,
    Representative,
)
from idp.statute.ages import day_in_vietnam, end_of_day
from idp.statute.rules import LockGround

Turn = Callable[[UUID, LockGround, str], object]
"""Locks an account on a ground, or ends that ground; last, who says so."""

REGISTERS: Mapping[Kind, RegisterName] = {
    Kind.CITIZEN: RegisterName.POPULATION,
    Kind.FOREIGNER: RegisterName.IMMIGRATION,
    Kind.ORGANISATION: RegisterName.BUSINESS,
}
# How often what the law gives a representative may be passed on, one below the other.
REPRESENTATIVES_DEPTH = 3
# A representative who cannot act yet is looked at again after this; a register may be silent as long.
PATIENCE = timedelta(days=1)


class RegisterReading:
    """Reads what registers have, and lets accounts follow. What is owed a reading is caught up with."""

    def __init__(
        self,
        accounts: Accounts,
        registers: Registers,
        mandates: Mandates,
        locks: Locks,
        notices: Notices,
        owed: OwedReadings,
        former: FormerNumbers,
        guardians: Guardians,
        audit: AuditLog,
        clock: Clock,
        *,
        lock: Turn,
        unlock: Turn,
    ) -> None:
        self._accounts = accounts
        self._registers = registers
        self._mandates = mandates
        self._locks = locks
        self._notices = notices
        self._owed = owed
        self._former = former
        self._guardians = guardians
        self._audit = audit
        self._clock = clock
        self._lock = lock
        self._unlock = unlock

    def of(self, account: Account) -> Work:
        """Ask the account's register now; what its record means is then done within a transaction.

        Raises:
            Unavailable: the register is silent.
        """
        name = REGISTERS[account.kind]
        record: Record | None = self._registers.by_name(name).find(account.number)
        return partial(self._follow, account, record, name.value)

    def catch_up(self) -> int:
        """Read what is owed a reading by now; how many were. What a silent register owes stays owed.

        What has run out by its day is locked without the register, once that has been silent for a day:
        nobody is taken for entitled because nobody could be asked.
        """
        return sum(self._caught_up(owed) for owed in self._owed.due())

    def end_own(self, account_id: UUID, ground: LockGround, actor: str) -> None:
        """End what a register locked. Within a transaction.

        What an officer saw or an authority decided is not undone by a register that knows nothing of it.
        """
        if any(lock.ground == ground and lock.actor == actor for lock in self._locks.standing(account_id)):
            with suppress(LockAbsent):
                self._unlock(account_id, ground, actor)

    def _caught_up(self, owed: OwedReading) -> bool:
        # Each is asked for: one record that cannot be had holds up no other, and a register that is silent
        # is not asked again by whoever asks it.
        account = self._accounts.the(owed.account_id)
        name = REGISTERS[account.kind]
        try:
            work = self.of(account)
        except Unavailable:
            if owed.ground is None or owed.locks_at is None or self._clock() < owed.locks_at + PATIENCE:
                return False
            work = partial(self._lock_once, account.id, owed.ground, name.value)
        self._settle(account, name, work)
        return True

    def _settle(self, account: Account, name: RegisterName, work: Work) -> None:
        def settle(work: Work) -> None:
            self._owed.settle(account.id)
            work()

        def refuse(refusal: Refused) -> None:
            self._audit.record(
                Event.REGISTER_CHANGE_REFUSED, account_id=account.id, register=name.value, reason=refusal.code
            )

        database = self._accounts.database
        try:
            database.atomically(partial(settle, work))
        except Refused as refusal:
            database.atomically(partial(settle, partial(refuse, refusal)))

    def _follow(self, before: Account, record: Record | None, actor: str) -> None:
        self._locks.hold(before.id)
        account = self._accounts.the(before.id)
        if record is None or account.number != before.number:
            return  # it has another number now: whoever gave it that reads for that
        self._correct(account, record, actor)
        today = day_in_vietnam(self._clock())
        for ground in sorted(grounds_gone(record, today)):
            self.end_own(account.id, ground, actor)
        grounds = {each for each in grounds_of(record, today) if not self._was_mistaken(account, each, actor)}
        for ground in sorted(grounds):
            self._lock_once(account.id, ground, actor)
        if grounds & FINAL:
            return
        if isinstance(record, ForeignerRecord):
            self._watch_days(account, record, today)
        if isinstance(record, OrganisationRecord):
            self._represent(account, record.representatives, actor)
        else:
            self._guardians.follow(account, record, actor)

    def _correct(self, account: Account, record: Record, actor: str) -> None:
        identity = identity_of(record)
        if identity == account.identity:
            return
        self._accounts.rewrite(replace(account, identity=identity))
        self._audit.record(Event.ACCOUNT_CORRECTED, account_id=account.id, actor=actor)
        self._notices.owe(account.id, "identity_corrected")

    def _was_mistaken(self, account: Account, ground: LockGround, actor: str) -> bool:
        """Whether an office has ended such a lock: of a death, what it saw is not undone by the same record.

        News of a death locks all the same.
        """
        ended = [lock.ended_by for lock in self._locks.ever(account.id) if lock.ground == ground]
        return ground in FINAL and bool(ended) and ended[-1] not in (None, actor)

    def _watch_days(self, account: Account, record: ForeignerRecord, today: date) -> None:
        """Look again when the next of the holder's papers has run out."""
        ahead = [(day, ground) for day, ground in last_days(record) if day >= today]
        if ahead:
            day, ground = min(ahead)
            self._owed.owe(account.id, end_of_day(day), ground)

    def _lock_once(self, account_id: UUID, ground: LockGround, actor: str) -> None:
        with suppress(LockStands):
            self._lock(account_id, ground, actor)

    def _represent(self, account: Account, named: Iterable[Representative], actor: str) -> None:
        """End the mandates of who represents it no more; give them to who does now and can act."""
        found = [self._former.holder(each.number) for each in named if each.number is not None]
        now = {each.id for each in found if each is not None}
        held = {
            mandate.agent_id: mandate
            for mandate in self._mandates.of_principal(account.id)
            if mandate.role is Role.REPRESENTATIVE
        }
        for agent_id in held.keys() - now:
            self._mandates.revoke(held[agent_id].id, None, actor)
            self._notices.owe(agent_id, "mandate_ended")
        appointed = [
            appoint_representative(self._mandates, self._notices, account.id, agent_id, actor)
            for agent_id in now - held.keys()
        ]
        # Whoever has no account yet, or cannot act, being of level 01 or locked, is looked for again.
        if len(now) < len(found) or not all(appointed):
            self._owed.owe(account.id, self._clock() + PATIENCE)


def appoint_representative(
    mandates: Mandates, notices: Notices, organisation_id: UUID, agent_id: UUID, actor: str
) -> bool:
    """Give a representative what the law gives; ``False``: they, or the organisation, cannot have it now.

    Within a transaction. Whoever cannot have it is to be looked for again.
    """
    wish = Wish(agent_id=agent_id, role=Role.REPRESENTATIVE, depth=REPRESENTATIVES_DEPTH)
    try:
        mandates.appoint(organisation_id, wish, actor)
    except (AgentUnfit, NotFound):  # not found: the organisation is locked, and read again when it opens
        return False
    notices.owe(agent_id, "mandate_received")
    return True


def identity_of(record: Record) -> Identity:
    """The electronic identity that a register's record gives."""
    if isinstance(record, CitizenRecord):
        return citizen_of(record)
    return foreigner_of(record) if isinstance(record, ForeignerRecord) else organisation_of(record)
