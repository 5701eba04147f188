"""What registers told and nobody could act on: its place in the feed is kept until somebody has seen to it.

Of what was told only the kind stays here, no number: the register has the rest, and tells it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table, bindparam, delete, select, text

from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound
from idp.registers.register import RegisterName
from idp.storage.database import Database, Instant, metadata

refused_changes = Table(
    "refused_changes",
    metadata,
    Column("register", String(12), primary_key=True),
    Column("cursor", String(128), primary_key=True),
    # From where the register tells it first.
    Column("after", String(128), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("refused_at", Instant, nullable=False),
)

# A feed that is followed again from an earlier place tells it again.
ADD = text("""
    INSERT INTO refused_changes (register, cursor, after, kind, reason, refused_at)
    VALUES (:of, :cursor, :after, :kind, :reason, :now)
    ON CONFLICT (register, cursor) DO NOTHING
""").bindparams(bindparam("now", type_=Instant))
ALL = select(refused_changes).order_by(refused_changes.c.refused_at, refused_changes.c.cursor)
SETTLE = delete(refused_changes).where(
    refused_changes.c.register == bindparam("of"), refused_changes.c.cursor == bindparam("at_cursor")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedChange:
    """One of them. ``kind`` is empty where that could not be read; ``reason`` is a code word."""

    register: RegisterName
    cursor: str
    after: str
    kind: str
    reason: str
    refused_at: datetime


class RefusedChanges:
    """The list of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, register: RegisterName, cursor: str, after: str, kind: str, reason: str) -> None:
        """Put one on the list. Within the transaction that passes it."""
        row = {"of": register.value, "cursor": cursor, "after": after, "kind": kind, "reason": reason}
        self._database.run(ADD, {**row, "now": self._clock()})

    def all(self) -> Sequence[RefusedChange]:
        """Those that nobody has seen to yet, oldest first."""
        return [
            RefusedChange(
                register=RegisterName(row.register),
                cursor=row.cursor,
                after=row.after,
                kind=row.kind,
                reason=row.reason,
                refused_at=row.refused_at,
            )
            for row in self._database.all(ALL)
        ]

    def settle(self, register: RegisterName, cursor: str) -> None:
        """Take one off the list.

        Raises:
            NotFound: it is not on it.
        """
        if self._database.run(SETTLE, {"of": register.value, "at_cursor": cursor}) != 1:
            raise NotFound("change")
