"""Following the registers' change feeds: each change handed over at least once, in order, the place kept."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Column, String, Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, Unavailable
from idp.registers.refused_changes import RefusedChange, RefusedChanges
from idp.registers.register import Change, Register, RegisterName, UnreadChange
from idp.storage.database import Database, Instant, metadata

Told = Change | UnreadChange
Work = Callable[[], None]
"""What is done about a change, within a transaction that is opened for it."""


class ChangeUnread(Refused):
    """A register told of what this version cannot read: of a new kind, or not as it was agreed."""

    code = "register_change_unread"


class Acts(Protocol):
    """What is done about the changes of one register."""

    def prepare(self, change: Change) -> Work:
        """Ask whoever must be asked, no transaction being open; and give what is then to be done.

        The same change may come again: its work must then do no more.

        Raises:
            Unavailable: the register is silent.
        """

    def refuse(self, change: Told, refusal: Refused) -> None:
        """Remember, within a transaction, that it could not be done: the feed goes on."""


register_cursors = Table(
    "register_cursors",
    metadata,
    Column("register", String(12), primary_key=True),
    Column("cursor", String(128), nullable=False),
    Column("moved_at", Instant, nullable=False),
)

_OF = register_cursors.c.register == bindparam("of")
CURSOR = select(register_cursors.c.cursor).where(_OF)
BEGIN = register_cursors.insert()
MOVE = (
    update(register_cursors)
    .where(_OF, register_cursors.c.cursor == bindparam("from_cursor"))
    .values(cursor=bindparam("to_cursor"), moved_at=bindparam("now", type_=Instant))
)


class Overtaken(Exception):
    """Another follower has handed this change over in the meantime."""


class Following:
    """Hands the changes of a register to whoever acts on them, and remembers how far it came."""

    def __init__(self, database: Database, refused: RefusedChanges, clock: Clock) -> None:
        self._database = database
        self._refused = refused
        self._clock = clock

    def cursor(self, name: RegisterName) -> str:
        """Where the next change is looked for; ``""`` at the beginning."""
        row = self._database.first(CURSOR, {"of": name.value})
        return "" if row is None else str(row.cursor)

    def follow(self, name: RegisterName, register: Register[Any], acts: Acts) -> int:
        """Hand over every change that there is now; how many there were.

        Each is acted on in one transaction with the new place, so that what it does in this database is done
        once. What it does elsewhere may be done again after a crash. Of two followers at once, each change
        goes to one. A change that is refused, or cannot be read, is put on the list of those and holds up
        none of the others.

        Raises:
            Unavailable: the register is silent, or tells again what it has told, or what acts is silent; what
                was handed over stays so.
        """
        self._begin(name)
        count, cursor = 0, self.cursor(name)
        while changes := register.changes(cursor):
            if cursor in [change.cursor for change in changes]:  # it would go round for ever
                raise Unavailable(f"{name.value} register")
            for change in changes:
                try:
                    self._hand_over(name, cursor, change, acts)
                except Overtaken:
                    return count
                count, cursor = count + 1, change.cursor
        return count

    def retry(self, name: RegisterName, register: Register[Any], acts: Acts) -> tuple[int, int]:
        """Have what was refused told once more, in its order; how many could be done, and how many not.

        Raises:
            Unavailable: the register is silent, or what acts is.
        """
        done = left = 0
        for refused in [each for each in self._refused.all() if each.register == name]:
            told = next(iter(register.changes(refused.after, 1)), None)
            if told is not None and told.cursor == refused.cursor and self._done(refused, told, acts):
                done += 1
            else:
                left += 1
        return done, left

    def _done(self, refused: RefusedChange, told: Told, acts: Acts) -> bool:
        def settle(work: Work) -> None:
            self._refused.settle(refused.register, refused.cursor)
            work()

        try:
            self._database.atomically(partial(settle, _prepared(told, acts)))
        except Refused:
            return False
        return True

    def _hand_over(self, name: RegisterName, before: str, change: Told, acts: Acts) -> None:
        def settle(work: Work) -> None:
            move = {"of": name.value, "from_cursor": before, "to_cursor": change.cursor}
            if self._database.run(MOVE, {**move, "now": self._clock()}) != 1:
                raise Overtaken
            work()

        def refuse(refusal: Refused) -> None:
            self._refused.add(name, change.cursor, before, str(change.kind), refusal.code)
            acts.refuse(change, refusal)

        try:
            self._database.atomically(partial(settle, _prepared(change, acts)))
        except Refused as refusal:
            self._database.atomically(partial(settle, partial(refuse, refusal)))

    def _begin(self, name: RegisterName) -> None:
        if self._database.first(CURSOR, {"of": name.value}) is not None:
            return
        try:
            self._database.run(BEGIN, {"register": name.value, "cursor": "", "moved_at": self._clock()})
        except IntegrityError:
            return  # another follower began in the same moment


def _prepared(told: Told, acts: Acts) -> Work:
    """What is to be done about it.

    Raises:
        ChangeUnread, and what ``Acts.prepare`` raises.
    """
    if isinstance(told, UnreadChange):
        raise ChangeUnread
    return acts.prepare(told)
