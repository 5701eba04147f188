"""What the news of a register does to accounts: locks, corrections, representatives (Decree 69/2024 Art. 15).

Each act may come again, and then does no more. An account is found by its number; an organisation's is the
code by which the business register has it.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from uuid import UUID

from idp.accounts.account import Account, AccountExists, Accounts
from idp.accounts.delegation import MandateRefused, Wish
from idp.accounts.eligibility import citizen_of, organisation_of
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.kinds import Identity
from idp.accounts.locks import LockAbsent, Locks, LockStands
from idp.accounts.mandate import Role
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.registers.following import Act
from idp.registers.register import (
    Change,
    ChangeKind,
    CitizenRecord,
    ForeignerRecord,
    OrganisationRecord,
    RegisterName,
    Registers,
    Representative,
)
from idp.statute.ages import day_in_vietnam
from idp.statute.rules import LockGround

Turn = Callable[[UUID, LockGround, str], object]
"""Locks an account on a ground, or ends that ground; last, who says so."""
Record = CitizenRecord | ForeignerRecord | OrganisationRecord

LOCKS: Mapping[ChangeKind, LockGround] = {
    ChangeKind.DEATH: LockGround.DEATH,
    ChangeKind.CARD_REVOKED: LockGround.CARD_REVOKED,
    ChangeKind.RESIDENCE_EXPIRED: LockGround.RESIDENCE_EXPIRED,
    ChangeKind.ORGANISATION_DISSOLVED: LockGround.DISSOLVED,
}
# How often what the law gives a representative may be passed on, one below the other.
REPRESENTATIVES_DEPTH = 3


class RegisterChanges:
    """Acts on what registers tell."""

    def __init__(
        self,
        accounts: Accounts,
        registers: Registers,
        mandates: Mandates,
        locks: Locks,
        notices: Notices,
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
        self._audit = audit
        self._clock = clock
        self._lock = lock
        self._unlock = unlock

    def of(self, name: RegisterName) -> Act:
        """What acts on the changes of one register, within a transaction of the caller's.

        It raises ``Unavailable`` where the register tells of a change and is then silent about the record.
        """
        return partial(self._act, name)

    def _act(self, name: RegisterName, change: Change) -> None:
        account = self._accounts.by_number(change.number)
        if account is None:
            return  # it has no account here, or its number was changed when this was told before
        ground = LOCKS.get(change.kind)
        if ground is not None:
            with suppress(LockStands):
                self._lock(account.id, ground, name.value)
        elif change.kind is ChangeKind.NUMBER_REISSUED and change.new_number is not None:
            self._renumber(account, change.new_number, name)
        else:
            self._reread(account, name)

    def _renumber(self, account: Account, number: str, name: RegisterName) -> None:
        """The account, its id, and with that every ``sub`` stay; only what is typed at sign-in changes.

        Raises:
            AccountExists: somebody else has the number. That is for people to look into.
        """
        if self._accounts.by_number(number) is not None:
            raise AccountExists
        self._accounts.rewrite(replace(account, number=number))
        self._audit.record(Event.ACCOUNT_RENUMBERED, account_id=account.id, actor=name.value)
        self._notices.owe(account.id, "number_reissued")

    def _reread(self, account: Account, name: RegisterName) -> None:
        """Something else changed: see what the register says now."""
        record = self._registers.by_name(name).find(account.number)
        if record is None:
            return
        identity = identity_of(record)
        if identity != account.identity:
            self._accounts.rewrite(replace(account, identity=identity))
            self._audit.record(Event.ACCOUNT_CORRECTED, account_id=account.id, actor=name.value)
            self._notices.owe(account.id, "identity_corrected")
        if isinstance(record, OrganisationRecord):
            self._represent(account, record.representatives, name)
        gone = grounds_gone(record, day_in_vietnam(self._clock()))
        for standing in self._locks.standing(account.id):
            if standing.ground in gone:
                with suppress(LockAbsent):
                    self._unlock(account.id, standing.ground, name.value)

    def _represent(self, account: Account, named: Iterable[Representative], name: RegisterName) -> None:
        """End the mandates of who represents it no more; give them to who does now and can act."""
        numbers = [each.number for each in named if each.number is not None]
        found = [self._accounts.by_number(number) for number in numbers]
        now = {each.id for each in found if each is not None}
        held = {
            mandate.agent_id: mandate
            for mandate in self._mandates.of_principal(account.id)
            if mandate.role is Role.REPRESENTATIVE
        }
        for agent_id in held.keys() - now:
            self._mandates.revoke(held[agent_id].id, None, name.value)
            self._notices.owe(agent_id, "mandate_ended")
        for agent_id in now - held.keys():
            wish = Wish(agent_id=agent_id, role=Role.REPRESENTATIVE, depth=REPRESENTATIVES_DEPTH)
            # Whoever cannot act yet, being of level 01 or locked, is appointed when this is told again.
            with suppress(MandateRefused):
                self._mandates.appoint(account.id, wish, name.value)
                self._notices.owe(agent_id, "mandate_received")


def identity_of(record: Record) -> Identity:
    """The electronic identity that a register's record gives."""
    if isinstance(record, CitizenRecord):
        return citizen_of(record)
    return foreigner_of(record) if isinstance(record, ForeignerRecord) else organisation_of(record)


def grounds_gone(record: Record, today: date) -> frozenset[LockGround]:
    """The grounds for a lock that a record no longer bears out on a day. Pure."""
    match record:
        case CitizenRecord():
            stands = {
                LockGround.DEATH: record.is_deceased,
                LockGround.CARD_REVOKED: not record.has_valid_card(today),
            }
        case ForeignerRecord():
            stands = {
                LockGround.DEATH: record.is_deceased,
                LockGround.RESIDENCE_EXPIRED: not record.may_reside(today),
                LockGround.DOCUMENT_EXPIRED: not record.has_valid_document(today),
            }
        case OrganisationRecord():
            stands = {LockGround.DISSOLVED: not record.is_active}
    return frozenset(ground for ground, is_standing in stands.items() if not is_standing)
