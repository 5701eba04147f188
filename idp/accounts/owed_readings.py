"""Accounts whose register is to be read again, and when: a day runs out, or something was left to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String, Table, Uuid, bindparam, delete, select, update

from idp.kernel.clock import Clock
from idp.statute.rules import LockGround
from idp.storage.database import Database, Instant, metadata

owed_readings = Table(
    "owed_readings",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
    # The lock that a day brings by itself: its day stays, when the reading is moved nearer.
    Column("ground", String(24)),
    Column("locks_at", Instant),
)

_OF = owed_readings.c.account_id == bindparam("of")
_DUE_AT = bindparam("at", type_=Instant)
INSERT = owed_readings.insert()
SOONER = update(owed_readings).where(_OF, owed_readings.c.due_at > _DUE_AT).values(due_at=_DUE_AT)
BRINGS = update(owed_readings).where(_OF).values(ground=bindparam("why"), locks_at=_DUE_AT)
ANY = select(owed_readings.c.account_id).where(_OF)
DUE = (
    select(owed_readings)
    .where(owed_readings.c.due_at <= bindparam("now", type_=Instant))
    .order_by(owed_readings.c.due_at, owed_readings.c.account_id)
)
SETTLE = delete(owed_readings).where(_OF)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedReading:
    """One account's. ``ground``: on which ``locks_at`` locks it, should the register stay silent."""

    account_id: UUID
    due_at: datetime
    ground: LockGround | None
    locks_at: datetime | None


class OwedReadings:
    """Each account is owed one reading at most, at the earliest moment that was asked for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def owe(self, account_id: UUID, at: datetime | None = None, ground: LockGround | None = None) -> None:
        """Have its register read at a moment; at once unless told. Whoever asks holds the account.

        Args:
            ground: what ``at`` brings by itself.
        """
        due_at = at or self._clock()
        if self._database.first(ANY, {"of": account_id}) is not None:
            self._database.run(SOONER, {"of": account_id, "at": due_at})
            if ground is not None:
                self._database.run(BRINGS, {"of": account_id, "at": due_at, "why": ground.value})
            return
        brings = {"ground": ground.value, "locks_at": due_at} if ground is not None else {}
        self._database.run(INSERT, {"account_id": account_id, "due_at": due_at, **brings})

    def due(self) -> Sequence[OwedReading]:
        """Those whose moment has come, the longest owed first."""
        return [
            OwedReading(
                account_id=row.account_id,
                due_at=row.due_at,
                ground=row.ground and LockGround(row.ground),
                locks_at=row.locks_at,
            )
            for row in self._database.all(DUE, {"now": self._clock()})
        ]

    def settle(self, account_id: UUID) -> None:
        """It has been read."""
        self._database.run(SETTLE, {"of": account_id})
