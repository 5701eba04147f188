"""The locks on accounts: an account may be locked on several grounds, and opens when the last has ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Row, String, Table, Uuid, bindparam, select, text, update

from idp.accounts.account import Status, accounts
from idp.accounts.kinds import Kind
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import new_id
from idp.statute.rules import LockGround
from idp.storage.database import Database, Instant, metadata

account_locks = Table(
    "account_locks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False, index=True),
    Column("ground", String(24), nullable=False),
    Column("article", String(40), nullable=False),
    Column("actor", String(40), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(40)),
    # On one ground an account is locked once, whoever comes at the same time.
    Index(
        "uq_account_locks_open",
        "account_id",
        "ground",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

_OF = account_locks.c.account_id == bindparam("of")
_OPEN = account_locks.c.ended_at.is_(None)
# Whoever locks or unlocks goes through here, one after the other; who signs in waits too.
HOLD = select(accounts.c.kind, accounts.c.status).where(accounts.c.id == bindparam("of")).with_for_update()
STANDING = select(account_locks).where(_OF, _OPEN).order_by(account_locks.c.id)
EVER = select(account_locks).where(_OF).order_by(account_locks.c.id)
INSERT = account_locks.insert()
END = (
    update(account_locks)
    .where(_OF, _OPEN, account_locks.c.ground == bindparam("on_ground"))
    .values(ended_at=bindparam("now", type_=Instant), ended_by=bindparam("by"))
)
RELABEL = (
    update(accounts)
    .where(accounts.c.id == bindparam("of"))
    .values(lock_ground=bindparam("shown"), updated_at=bindparam("now", type_=Instant))
)


class LockRefused(Refused):
    """A lock cannot be placed or ended so. ``article`` is where the law says it; empty: nowhere."""

    def __init__(self, ground: str = "", article: str = "") -> None:
        super().__init__(ground)
        self.ground = ground
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"ground": self.ground, "article": self.article}


class GroundNotLawful(LockRefused):
    """The law in force does not lock accounts of this kind on this ground."""

    code = "lock_ground_not_lawful"


class LockStands(LockRefused):
    """The account is locked on this ground already: somebody else was first."""

    code = "lock_stands"


class LockAbsent(LockRefused):
    """The account is not locked, or not on this ground: somebody else was first."""

    code = "lock_absent"


class SeveralGrounds(LockRefused):
    """It is locked on more than one; which of them has ended must be said. ``ground`` names them all."""

    code = "lock_grounds_several"


class UnlockByAuthority(LockRefused):
    """What an authority locked it unlocks, by a request of its own."""

    code = "unlock_by_authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One ground on which an account is or was locked.

    Args:
        article: where the law says so.
        actor: who locked: an operator's account id, ``cli``, ``holder``, or the name of a register.
        ended_by: who ended it, in the same words.
    """

    id: UUID
    account_id: UUID
    ground: LockGround
    article: str
    actor: str
    began_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The account that a lock is about, which nobody else changes meanwhile."""

    kind: Kind
    status: Status


class Locks:
    """Places and ends locks; what else happens then is in ``Lifecycle``. Within a transaction only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def hold(self, account_id: UUID) -> Held:
        """Let nobody else lock or unlock it, or sign in, until the open transaction is over.

        Raises:
            NotFound: there is none.
        """
        row = self._database.first(HOLD, {"of": account_id})
        if row is None:
            raise NotFound("account")
        return Held(Kind(row.kind), Status(row.status))

    def standing(self, account_id: UUID) -> list[Lock]:
        """The locks that have not ended, oldest first."""
        return [_lock(row) for row in self._database.all(STANDING, {"of": account_id})]

    def ever(self, account_id: UUID) -> list[Lock]:
        """Every lock there was, oldest first."""
        return [_lock(row) for row in self._database.all(EVER, {"of": account_id})]

    def place(self, account_id: UUID, ground: LockGround, article: str, actor: str) -> None:
        """Write a lock down. The account is held, and not locked on this ground."""
        row = {"id": new_id(), "account_id": account_id, "ground": ground.value, "article": article}
        self._database.run(INSERT, {**row, "actor": actor, "began_at": self._clock()})

    def end(self, account_id: UUID, ground: LockGround, actor: str) -> None:
        """Write a lock's end down. The account is held."""
        values = {"of": account_id, "on_ground": ground.value, "now": self._clock(), "by": actor}
        self._database.run(END, values)

    def relabel(self, account_id: UUID, left: Collection[Lock]) -> None:
        """Say on which ground it is locked now: death before all, else the oldest."""
        values = {"of": account_id, "shown": shown_ground(left).value, "now": self._clock()}
        self._database.run(RELABEL, values)


def shown_ground(standing: Collection[Lock]) -> LockGround:
    """The ground that is told, of several: death outranks all, else the first one stays."""
    grounds = [lock.ground for lock in standing]
    return LockGround.DEATH if LockGround.DEATH in grounds else grounds[0]


def _lock(row: Row[Any]) -> Lock:
    return Lock(
        id=row.id,
        account_id=row.account_id,
        ground=LockGround(row.ground),
        article=row.article,
        actor=row.actor,
        began_at=row.began_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
