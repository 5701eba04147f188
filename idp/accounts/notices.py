"""What holders are told of their accounts: owed with the change itself, sent once that stands, tried again.

A notice says what happened and what to do, and nothing about the person: phones are lost and lent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, Row, String, Table, Uuid, bindparam, delete, null, select, update

from idp.accounts.account import Account, Accounts
from idp.accounts.kinds import Kind
from idp.accounts.opening import Messages
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.ids import new_id
from idp.storage.database import Database, Instant, metadata

LEASE = timedelta(minutes=1)  # who has not settled a notice by then is taken for dead
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
KEPT = timedelta(days=90)
AT_ONCE = 20

account_notices = Table(
    "account_notices",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, index=True),
    Column("settled_at", Instant),
)

_ONE = account_notices.c.id == bindparam("notice")
INSERT = account_notices.insert()
DUE = (
    select(account_notices)
    .where(account_notices.c.next_at <= bindparam("now", type_=Instant))
    .order_by(account_notices.c.next_at, account_notices.c.id)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
PUT_OFF = (
    update(account_notices)
    .where(_ONE)
    .values(tries=bindparam("tried"), next_at=bindparam("again_at", type_=Instant))
)
SETTLE = (
    update(account_notices)
    .where(_ONE)
    .values(settled_at=bindparam("now", type_=Instant), next_at=null(), tries=account_notices.c.tries + 1)
)
DUE_TO = DUE.where(account_notices.c.account_id == bindparam("of"))
OF_ACCOUNT = (
    select(account_notices)
    .where(account_notices.c.account_id == bindparam("of"))
    .order_by(account_notices.c.id.desc())
)
FORGET = delete(account_notices).where(account_notices.c.settled_at <= bindparam("before", type_=Instant))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a holder is to be told. ``kind`` has a text in ``messages.toml``."""

    id: UUID
    account_id: UUID
    kind: str
    tries: int
    created_at: datetime


class Notices:
    """Owes notices and sends them, each at least once, until it was tried as often as ``PAUSES`` says."""

    def __init__(
        self, database: Database, accounts: Accounts, messages: Messages, audit: AuditLog, clock: Clock
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._messages = messages
        self._audit = audit
        self._clock = clock

    def owe(self, account_id: UUID, kind: str) -> None:
        """Note down that a holder is to be told, with whatever else the open transaction does."""
        now = self._clock()
        row = {"id": new_id(), "account_id": account_id, "kind": kind, "tries": 0}
        self._database.run(INSERT, {**row, "created_at": now, "next_at": now})

    def send_due(self) -> int:
        """Send what is due; how many were sent."""
        sent = 0
        while taken := self._take():
            sent += sum(self._sent(notice) for notice in taken)
        return sent

    def send_to(self, account_id: UUID) -> int:
        """Send one holder what is due now; how many were sent."""
        return sum(self._sent(notice) for notice in self._take(account_id))

    def of(self, account_id: UUID) -> list[Notice]:
        """What a holder was told, or is to be, newest first; what was settled long ago is forgotten."""
        return [_notice(row) for row in self._database.all(OF_ACCOUNT, {"of": account_id})]

    def forget(self) -> int:
        """Remove what was settled more than ``KEPT`` ago; gives how many."""
        return self._database.run(FORGET, {"before": self._clock() - KEPT})

    def _take(self, account_id: UUID | None = None) -> list[Notice]:
        """What is due, to all or to one, now this caller's until ``LEASE`` is over."""
        now = self._clock()
        statement, whose = (DUE, {}) if account_id is None else (DUE_TO, {"of": account_id})
        with self._database.transaction():
            rows = self._database.all(statement, {"now": now, **whose})
            for row in rows:
                self._put_off(row.id, row.tries, now + LEASE)
        return [_notice(row) for row in rows]

    def _sent(self, notice: Notice) -> bool:
        account = self._accounts.get(notice.account_id)
        if account is None or account.phone is None:
            return self._settle(notice, Event.MESSAGE_FAILED)
        try:
            self._messages.send_notice(account.phone, notice.kind, lang_of(account))
        except Unavailable:
            if notice.tries < len(PAUSES):
                self._put_off(notice.id, notice.tries + 1, self._clock() + PAUSES[notice.tries])
                return False
            return self._settle(notice, Event.MESSAGE_FAILED)
        return self._settle(notice, Event.MESSAGE_SENT)

    def _put_off(self, notice_id: UUID, tried: int, until: datetime) -> None:
        self._database.run(PUT_OFF, {"notice": notice_id, "tried": tried, "again_at": until})

    def _settle(self, notice: Notice, event: Event) -> bool:
        with self._database.transaction():
            self._database.run(SETTLE, {"notice": notice.id, "now": self._clock()})
            self._audit.record(event, account_id=notice.account_id, kind=notice.kind)
        return event is Event.MESSAGE_SENT


def lang_of(account: Account) -> str:
    """The language to write to a holder in: nobody has been asked, so it goes by the kind of account."""
    return "en" if account.kind is Kind.FOREIGNER else "vi"


def kinds(grounds: Iterable[str]) -> tuple[str, ...]:
    """Every kind of notice there is, given the grounds that lock."""
    return (
        *(f"locked_{ground}" for ground in grounds),
        "unlocked",
        "identity_corrected",
        "number_reissued",
        "mandate_ended",
        "mandate_received",
        "dependant_opened",
        "guardian_added",
        "account_placed",
        "guardianship_ending",
        "guardianship_ended",
        "account_yours_soon",
        "account_yours",
        "approval_wanted",
        "application_decided",
        "raise_expired",
        "raise_without_card",
        "level_lowered",
        "activation_over",
        "correction_acknowledged",
        "correction_corrected",
        "correction_refused",
    )


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id, account_id=row.account_id, kind=row.kind, tries=row.tries, created_at=row.created_at
    )
