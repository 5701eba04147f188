"""What happened in a sample register, appended and never changed: its change feed."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Date, LargeBinary, String, Table, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, Unavailable
from idp.keyring.seal import Seal
from idp.registers.register import MOST_CHANGES, Change, ChangeKind, RegisterName
from idp.storage.database import Database, Instant, metadata

CURSOR_DIGITS = 18

register_changes = Table(
    "register_changes",
    metadata,
    Column("register", String(12), primary_key=True),
    # Without gaps, in the order of committing: each is one more than the last that could be seen, and of
    # two that saw the same one, only one can be stored. So a reader never passes one by.
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(24), nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("who_sealed", LargeBinary, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

_OF = register_changes.c.register == bindparam("of")
LAST = select(func.max(register_changes.c.position)).where(_OF)
AFTER = (
    select(register_changes)
    .where(_OF, register_changes.c.position > bindparam("after"))
    .order_by(register_changes.c.position)
    .limit(bindparam("most"))
)
INSERT = register_changes.insert()


class CursorMalformed(Refused):
    """Not a place in a change feed."""

    code = "cursor_malformed"


class FeedBusy(Unavailable):
    """Another writer told of something in the same moment; the transaction is to be tried again."""


class Feed:
    """The change feed of one sample register."""

    def __init__(self, name: RegisterName, database: Database, seal: Seal, clock: Clock) -> None:
        self._of = name.value
        self._database = database
        self._seal = seal
        self._clock = clock

    def append(
        self, kind: ChangeKind, number: str, happened_on: date, new_number: str | None = None
    ) -> Change:
        """Tell of something that happened.

        Raises:
            FeedBusy: another writer was first.
        """
        last = self._database.first(LAST, {"of": self._of})
        position = (last[0] or 0) + 1 if last is not None else 1
        who = json.dumps({"number": number, "new_number": new_number}).encode()
        row = {
            "register": self._of,
            "position": position,
            "kind": kind.value,
            "happened_on": happened_on,
            "who_sealed": self._seal.seal(who, self._context(position)),
            "recorded_at": self._clock(),
        }
        try:
            self._database.run(INSERT, row)
        except IntegrityError:
            # Not chained: the driver's message quotes the row.
            raise FeedBusy("register feed") from None
        return Change(
            cursor=str(position), kind=kind, number=number, happened_on=happened_on, new_number=new_number
        )

    def after(self, cursor: str, limit: int = MOST_CHANGES) -> Sequence[Change]:
        """What was appended after a place, at most ``limit`` of them; ``""`` is the beginning.

        Raises:
            CursorMalformed.
        """
        parameters = {"of": self._of, "after": _position(cursor), "most": min(limit, MOST_CHANGES)}
        return [self._change(row) for row in self._database.all(AFTER, parameters)]

    def _change(self, row: Any) -> Change:
        who = json.loads(self._seal.open(row.who_sealed, self._context(row.position)))
        return Change(
            cursor=str(row.position),
            kind=ChangeKind(row.kind),
            number=who["number"],
            happened_on=row.happened_on,
            new_number=who["new_number"],
        )

    def _context(self, position: int) -> str:
        return f"register_changes.{self._of}:{position}"


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > CURSOR_DIGITS:
        raise CursorMalformed
    return int(cursor)
