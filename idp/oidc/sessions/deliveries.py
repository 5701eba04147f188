"""The ledger of back-channel logout: what clients are owed, what was tried, and how it ended.

A delivery is owed in the transaction that ends its session, so that no end is ever forgotten; it is made
afterwards, by whichever process comes first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Integer,
    Row,
    String,
    Table,
    Uuid,
    bindparam,
    func,
    insert,
    null,
    select,
    update,
)

from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.storage.database import Database, Instant, metadata
from idp.storage.prepared import Prepared
from idp.storage.sweep import sweep_rows

LEASE = timedelta(seconds=30)  # who has not settled a delivery by then is taken for dead
KEPT = timedelta(days=90)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


logout_deliveries = Table(
    "logout_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("answer", String(40)),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, index=True),
    Column("settled_at", Instant),
)
_INSERT = Prepared(insert(logout_deliveries))
_DUE = Prepared(
    select(logout_deliveries)
    .where(logout_deliveries.c.next_at <= bindparam("now"))
    .order_by(logout_deliveries.c.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = Prepared(
    update(logout_deliveries)
    .where(logout_deliveries.c.id == bindparam("delivery"))
    .values(tries=logout_deliveries.c.tries + 1, next_at=bindparam("lease_ends"))
)
_PUT_OFF = Prepared(
    update(logout_deliveries)
    .where(logout_deliveries.c.id == bindparam("delivery"))
    .values(tries=bindparam("tried"), answer=bindparam("told"), next_at=bindparam("again_at"))
)
_SETTLE = Prepared(
    update(logout_deliveries)
    .where(logout_deliveries.c.id == bindparam("delivery"))
    .values(state=bindparam("ends_as"), answer=bindparam("told"), settled_at=bindparam("now"), next_at=null())
)
_NEXT = Prepared(select(func.min(logout_deliveries.c.next_at).label("next_at")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Word of one session's end for one client. ``tries`` counts the one under way.

    ``answer`` is what came of the last try: the status (``200``), or why there is none (``no_answer``).
    """

    id: UUID
    client_id: str
    account_id: UUID
    session_id: UUID
    state: DeliveryState
    tries: int
    answer: str | None
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None


class Deliveries:
    """The deliveries there are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def owe(self, client_ids: Iterable[str], account_id: UUID, session_id: UUID) -> int:
        """Note down who is to be told that a session ended; gives how many."""
        now = self._clock()
        rows = [
            {
                "id": new_id(),
                "client_id": client_id,
                "account_id": account_id,
                "session_id": session_id,
                "state": DeliveryState.PENDING.value,
                "tries": 0,
                "created_at": now,
                "next_at": now,
            }
            for client_id in client_ids
        ]
        if rows:
            self._database.run(_INSERT, rows)
        return len(rows)

    def take(self, most: int) -> list[Delivery]:
        """Deliveries that are due, now this caller's to make until ``LEASE`` is over."""
        now = self._clock()
        with self._database.transaction():
            rows = self._database.all(_DUE, {"now": now, "most": most})
            if rows:
                lease = [{"delivery": row.id, "lease_ends": now + LEASE} for row in rows]
                self._database.run(_TAKE, lease)
        return [_delivery(row, row.tries + 1) for row in rows]

    def put_off(self, delivery: Delivery, until: datetime, answer: str, *, is_tried: bool = True) -> None:
        """Try again later; where it was not even tried, the try does not count."""
        values = {
            "delivery": delivery.id,
            "tried": delivery.tries if is_tried else delivery.tries - 1,
            "told": answer,
            "again_at": until,
        }
        self._database.run(_PUT_OFF, values)

    def settle(self, delivery: Delivery, state: DeliveryState, answer: str) -> None:
        """It is over, one way or the other."""
        values = {"delivery": delivery.id, "ends_as": state.value, "told": answer, "now": self._clock()}
        self._database.run(_SETTLE, values)

    def next_due(self) -> datetime | None:
        """When the next try is due; ``None``: nobody is owed anything."""
        row = self._database.first(_NEXT)
        return None if row is None else row.next_at

    def recent(self, limit: int, client_id: str | None = None) -> list[Delivery]:
        """The newest deliveries first, of all clients or of one."""
        statement = select(logout_deliveries).order_by(logout_deliveries.c.id.desc()).limit(limit)
        if client_id is not None:
            statement = statement.where(logout_deliveries.c.client_id == client_id)
        return [_delivery(row, row.tries) for row in self._database.all(statement)]

    def last(self, client_id: str, account_id: UUID, since: datetime) -> Delivery | None:
        """The newest word that a client was owed of an account since an instant."""
        statement = (
            select(logout_deliveries)
            .where(
                logout_deliveries.c.client_id == client_id,
                logout_deliveries.c.account_id == account_id,
                logout_deliveries.c.created_at >= since,
            )
            .order_by(logout_deliveries.c.id.desc())
            .limit(1)
        )
        row = self._database.first(statement)
        return None if row is None else _delivery(row, row.tries)

    def forget(self) -> int:
        """Remove what was settled more than ``KEPT`` ago; gives how many."""
        return sweep_rows(self._database, logout_deliveries.c.settled_at, self._clock() - KEPT)


def _delivery(row: Row[Any], tries: int) -> Delivery:
    return Delivery(
        id=row.id,
        client_id=row.client_id,
        account_id=row.account_id,
        session_id=row.session_id,
        state=DeliveryState(row.state),
        tries=tries,
        answer=row.answer,
        created_at=row.created_at,
        next_at=row.next_at,
        settled_at=row.settled_at,
    )
