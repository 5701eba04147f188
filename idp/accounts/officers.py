"""Officers: people whose account lets them attest what they saw of others, each in the name of an office."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Row, String, Table, Uuid, bindparam, select, update

from idp.accounts.account import Accounts
from idp.assurance import Level
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused
from idp.storage.database import Database, Instant, metadata

LONGEST_OFFICE = 120


class NotAnOfficer(Refused):
    """Nobody who may attest: no officer, no more one, or their own account is not in order."""

    code = "not_an_officer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """Somebody who attests for an ``office``."""

    account_id: UUID
    office: str
    appointed_at: datetime
    appointed_by: str
    ended_at: datetime | None = None


officers = Table(
    "officers",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("office", String(LONGEST_OFFICE), nullable=False),
    Column("appointed_at", Instant, nullable=False),
    Column("appointed_by", String(64), nullable=False),
    Column("ended_at", Instant),
)

_ONE = officers.c.account_id == bindparam("officer_id")
_NOW = bindparam("now", type_=Instant)
INSERT = officers.insert()
FIND = select(officers).where(_ONE)
SERVING = select(officers).where(officers.c.ended_at.is_(None)).order_by(officers.c.account_id)
APPOINT_AGAIN = (
    update(officers)
    .where(_ONE)
    .values(office=bindparam("at_office"), appointed_at=_NOW, appointed_by=bindparam("by"), ended_at=None)
)
END = update(officers).where(_ONE, officers.c.ended_at.is_(None)).values(ended_at=_NOW)


class Officers:
    """Appoints officers and ends it, each with its audit event. ``by``: an operator's id, or ``cli``."""

    def __init__(self, database: Database, accounts: Accounts, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._audit = audit
        self._clock = clock

    def appoint(self, account_id: UUID, office: str, by: str) -> Officer:
        """Let somebody attest for an office from now on; one who does already changes the office.

        Raises:
            NotAnOfficer: whose own account is not active at level 02.
        """
        if not self._is_in_order(account_id):
            raise NotAnOfficer
        name = " ".join(office.split())[:LONGEST_OFFICE]
        now = self._clock()
        with self._database.transaction():
            again = {"officer_id": account_id, "at_office": name, "now": now, "by": by}
            if self._database.run(APPOINT_AGAIN, again) == 0:
                row = {"account_id": account_id, "office": name, "appointed_at": now, "appointed_by": by}
                self._database.run(INSERT, row)
            self._audit.record(Event.OFFICER_APPOINTED, account_id=account_id, actor=by)
        return Officer(account_id=account_id, office=name, appointed_at=now, appointed_by=by)

    def end(self, account_id: UUID, by: str) -> None:
        """Let somebody attest no more. What they attested stays.

        Raises:
            NotFound: no officer.
        """
        with self._database.transaction():
            if self._database.run(END, {"officer_id": account_id, "now": self._clock()}) == 0:
                raise NotFound("officer")
            self._audit.record(Event.OFFICER_ENDED, account_id=account_id, actor=by)

    def the(self, account_id: UUID) -> Officer:
        """The officer who may attest now.

        Raises:
            NotAnOfficer.
        """
        row = self._database.first(FIND, {"officer_id": account_id})
        if row is None or row.ended_at is not None or not self._is_in_order(account_id):
            raise NotAnOfficer
        return _officer(row)

    def serving(self) -> Sequence[Officer]:
        """All who are appointed."""
        return [_officer(row) for row in self._database.all(SERVING)]

    def offices(self, account_ids: Collection[UUID]) -> dict[UUID, str]:
        """For which office each of them acts or acted, as far as they are officers."""
        if not account_ids:
            return {}
        statement = select(officers.c.account_id, officers.c.office).where(
            officers.c.account_id.in_(account_ids)
        )
        return {row.account_id: row.office for row in self._database.all(statement)}

    def _is_in_order(self, account_id: UUID) -> bool:
        account = self._accounts.get(account_id)
        return account is not None and account.is_active and account.level is Level.TWO


def _officer(row: Row[Any]) -> Officer:
    return Officer(
        account_id=row.account_id,
        office=row.office,
        appointed_at=row.appointed_at,
        appointed_by=row.appointed_by,
        ended_at=row.ended_at,
    )
