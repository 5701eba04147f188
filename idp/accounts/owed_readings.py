"""Accounts whose register is to be read again, and when: a day runs out, or something was left to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String, Table, Uuid, bindparam, delete, select, text

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
# One statement, for two may ask at once: the nearer moment stays, and the last day that brings something.
OWE = text("""
    INSERT INTO owed_readings (account_id, due_at, ground, locks_at) VALUES (:of, :at, :ground, :locks_at)
    ON CONFLICT (account_id) DO UPDATE SET
        due_at = CASE WHEN excluded.due_at < owed_readings.due_at
            THEN excluded.due_at ELSE owed_readings.due_at END,
        ground = coalesce(excluded.ground, owed_readings.ground),
        locks_at = coalesce(excluded.locks_at, owed_readings.locks_at)
""").bindparams(
    bindparam("of", type_=Uuid),
    bindparam("at", type_=Instant),
    bindparam("ground", type_=String),
    bindparam("locks_at", type_=Instant),
)
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
        """Have its register read at a moment; at once unless told.

        Args:
            ground: what ``at`` brings by itself.
        """
        due_at = at or self._clock()
        brings = {"ground": ground and ground.value, "locks_at": due_at if ground else None}
        with self._database.transaction():
            self._database.run(OWE, {"of": account_id, "at": due_at, **brings})

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
