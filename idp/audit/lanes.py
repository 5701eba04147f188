"""Where audit rows stand: lanes, each a chain of its own with one writer at a time.

A lane is never waited for: who finds none free opens another. So two processes, or two threads, do not queue
for the head of one chain.
"""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from idp.audit.chain import Chain, Told
from idp.kernel.errors import Corrupt, IdpError, Unavailable
from idp.storage.database import Database, Instant, metadata
from idp.storage.engine import RETRYABLE, sqlstate
from idp.storage.prepared import Prepared

REGISTER = 0  # the row of audit_lanes that counts the lanes; real ones begin at 1

audit_events = Table(
    "audit_events",
    metadata,
    Column("lane", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("event", String(64), nullable=False),
    Column("account_id", Uuid),
    Column("client_id", String(255)),
    # Text, not JSON: the chain covers these very characters.
    Column("facts", Text, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)
_OF_SOMEBODY = audit_events.c.account_id.is_not(None)
Index(
    "ix_audit_events_account_id_at",
    audit_events.c.account_id,
    audit_events.c.at,
    sqlite_where=_OF_SOMEBODY,
    postgresql_where=_OF_SOMEBODY,
)

audit_lanes = Table(
    "audit_lanes",
    metadata,
    Column("lane", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)

_APPEND = Prepared(
    insert(audit_events).values({column.name: bindparam(column.name) for column in audit_events.columns})
)
_MOVE = (
    update(audit_lanes)
    .where(audit_lanes.c.lane == bindparam("of"), audit_lanes.c.seq == bindparam("was"))
    .values(seq=bindparam("now"), mac=bindparam("seal"))
)
_MOVE_HEAD = Prepared(_MOVE)
# PostgreSQL does both in one exchange, and writes the row only where the head was moved.
_MOVE_TOLD = _MOVE.returning(audit_lanes.c.lane)
_MOVED = _MOVE_TOLD.cte("moved")
_TOLD = [column for column in audit_events.columns if column.name != "lane"]
_MOVE_AND_APPEND = Prepared(
    insert(audit_events).from_select(
        ["lane", *(column.name for column in _TOLD)],
        select(_MOVED.c.lane, *(bindparam(column.name, type_=column.type) for column in _TOLD)),
    )
)


@lru_cache
def _with(first: Any) -> Prepared:
    """All three in one exchange: an UPDATE, and if it touched a row, the head moved and the row written.

    If it did and the head was not there any more, the row has no lane, which the table refuses: then nothing
    stands, the UPDATE included.
    """
    # Nothing is asked of ``done`` by name: a statement that was compiled before would have no such column.
    done = first.statement.returning(literal_column("1")).cte("done")
    moved = _MOVE_TOLD.where(select(literal_column("1")).select_from(done).exists()).cte("moved")
    lane = select(moved.c.lane).scalar_subquery()
    told = [bindparam(column.name, type_=column.type) for column in _TOLD]
    return Prepared(
        insert(audit_events).from_select(
            ["lane", *(column.name for column in _TOLD)], select(lane, *told).select_from(done)
        )
    )


_COUNT_A_LANE = text(
    "INSERT INTO audit_lanes (lane, seq, mac) VALUES (0, 1, :mac) "
    "ON CONFLICT (lane) DO UPDATE SET seq = audit_lanes.seq + 1 RETURNING seq"
)
_SEAL_REGISTER = update(audit_lanes).where(audit_lanes.c.lane == REGISTER).values(mac=bindparam("seal"))
_OPEN_LANE = insert(audit_lanes)


class Record(NamedTuple):
    """What one row tells; ``facts`` is the very text in the table, ``at`` is in UTC."""

    at: datetime
    event: str
    account_id: UUID | None
    client_id: str | None
    facts: str

    def told(self) -> Told:
        """The bytes that the chain covers."""
        at = self.at.replace(tzinfo=None).isoformat(" ", "microseconds")
        return (
            at.encode(),
            self.event.encode(),
            None if self.account_id is None else self.account_id.hex.encode(),
            None if self.client_id is None else self.client_id.encode(),
            self.facts.encode(),
        )


class LaneLost(IdpError):
    """A lane no longer stands where this process left it: the database was restored, or altered."""

    code = "lane_lost"

    def __init__(self, lane: int, seq: int) -> None:
        super().__init__(lane, seq)
        self.lane = lane
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a lane and its code."""

    lane: int
    seq: int
    mac: bytes


class Lanes:
    """The lanes this process writes. A child process starts with none of its parent's."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain
        self._free: deque[Head] = deque()
        self._process = os.getpid()

    def append(self, records: Sequence[Record]) -> Head:
        """Add rows to a lane nobody else holds, in the open transaction.

        The new head must be given back once they are committed, and only then: after an error from COMMIT
        nobody knows whether they stand, and that lane is written no more.

        Raises:
            LaneLost: that lane is forgotten; another call takes another.
            Corrupt: the register of lanes denies a lane that exists.
        """
        head = self._take()
        if head is None:
            return self._write(self._open(), records)
        try:
            return self._write(head, records)
        except LaneLost:
            raise
        except BaseException:
            self._free.append(head)  # the transaction cannot have been committed
            raise

    def give_back(self, head: Head) -> None:
        """Let the next transaction go on from here."""
        self._free.append(head)

    def _take(self) -> Head | None:
        process = os.getpid()
        if process != self._process:
            self._process = process
            self._free.clear()
        try:
            return self._free.pop()
        except IndexError:
            return None

    def _open(self) -> Head:
        row = self._database.first(_COUNT_A_LANE, {"mac": b""})
        lane = 0 if row is None else int(row.seq)
        head = Head(lane, 0, self._chain.start(lane))
        self._database.run(_SEAL_REGISTER, {"seal": self._chain.seal_of_register(lane)})
        try:
            self._database.run(
                _OPEN_LANE, {"lane": lane, "seq": 0, "mac": self._chain.seal(lane, 0, head.mac)}
            )
        except IntegrityError as error:
            raise Corrupt("audit_lanes") from error
        return head

    def append_alone(self, record: Record) -> Head | None:
        """Add one row as a transaction of its own: the new head is to be given back.

        ``None``: nothing was written; take ``append``.
        """
        if self._database.is_sqlite:
            with self._database.transaction():
                return self._append_one(record)
        head = self._take()
        if head is None:
            return None
        return self._append_by(_MOVE_AND_APPEND, {}, head, record)

    def append_with(self, first: Prepared, values: Mapping[str, Any], record: Record) -> Head | None:
        """Run an UPDATE and, if it touched a row, add one that tells of it: both or neither, in one exchange.

        ``None``: nothing was written, for whatever reason; take a transaction. In SQLite it always is.
        """
        head = None if self._database.is_sqlite else self._take()
        if head is None:
            return None
        return self._append_by(_with(first), values, head, record)

    def _append_by(
        self, statement: Prepared, values: Mapping[str, Any], head: Head, record: Record
    ) -> Head | None:
        end, (row,) = self._extended(head, [record])
        try:
            if self._database.run(statement, {**values, **row, **self._move(head, end)}) == 1:
                return end
        except IntegrityError:
            pass  # the lane was moved by somebody else: whoever takes it next finds that out
        except Unavailable as error:
            if sqlstate(error.__cause__) not in RETRYABLE:
                raise  # nobody knows whether it stands: that lane is written no more
        self._free.append(head)
        return None

    def _append_one(self, record: Record) -> Head | None:
        head = self._take()
        if head is None:
            return None
        end, rows = self._extended(head, [record])
        is_ours = False
        try:
            is_ours = self._has_moved(head, end, rows)
        finally:
            if not is_ours:
                self._free.append(head)
        return end if is_ours else None

    def _write(self, head: Head, records: Sequence[Record]) -> Head:
        end, rows = self._extended(head, records)
        with self._database.transaction():
            if not self._has_moved(head, end, rows):
                raise LaneLost(head.lane, head.seq)
        return end

    def _extended(self, head: Head, records: Sequence[Record]) -> tuple[Head, list[dict[str, Any]]]:
        """The head after these records, and their rows."""
        lane, seq, mac = head.lane, head.seq, head.mac
        rows = []
        for record in records:
            seq += 1
            mac = self._chain.link(mac, lane, seq, record.told())
            rows.append({"lane": lane, "seq": seq, "mac": mac, **record._asdict()})
        return Head(lane, seq, mac), rows

    def _move(self, head: Head, end: Head) -> dict[str, Any]:
        seal = self._chain.seal(end.lane, end.seq, end.mac)
        return {"of": head.lane, "was": head.seq, "now": end.seq, "seal": seal}

    def _has_moved(self, head: Head, end: Head, rows: list[dict[str, Any]]) -> bool:
        """Move the head and write the rows, unless somebody else has moved it."""
        if not self._database.is_sqlite and len(rows) == 1:
            return self._database.run(_MOVE_AND_APPEND, rows[0] | self._move(head, end)) == 1
        if self._database.run(_MOVE_HEAD, self._move(head, end)) != 1:
            return False
        self._database.run(_APPEND, rows if len(rows) > 1 else rows[0])
        return True
