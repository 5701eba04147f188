"""The append-only audit log: rows that join the transaction they tell of, each extending a chain of codes."""

import json
import logging
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from idp.audit.chain import Chain
from idp.audit.events import FACTS, Event
from idp.audit.lanes import Head, LaneLost, Lanes, Record, audit_events
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.storage.database import Database
from idp.storage.prepared import Prepared

Fact = str | int | bool | None

LONGEST = 400
LARGEST = 10**9
CLIENT_ID_LENGTH = 255
# A word of 9 to 12 digits: an identity number, old or new, or a telephone.
_PERSONAL_NUMBER = re.compile(r"(?<![\w-])\d{9,12}(?![\w-])")
_write_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

_OF_ACCOUNT = (
    select(
        audit_events.c.at,
        audit_events.c.event,
        audit_events.c.account_id,
        audit_events.c.client_id,
        audit_events.c.facts,
    )
    .where(audit_events.c.account_id == bindparam("account"), audit_events.c.at < bindparam("before"))
    .order_by(audit_events.c.at.desc(), audit_events.c.lane.desc(), audit_events.c.seq.desc())
    .limit(bindparam("most"))
)
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


class UnfitFact(IdpError):
    """A fact of a name that is not in ``FACTS``, too long, or looking like a personal number."""

    code = "unfit_fact"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it was recorded. ``event`` is a plain word when a newer release wrote it."""

    at: datetime
    event: str
    account_id: UUID | None
    client_id: str | None
    facts: Mapping[str, Fact]


Listener = Callable[[Entry], None]


class AuditLog:
    """Records events, and gives a person their own. One for each process; made for many threads.

    Args:
        key: at least 32 random bytes. Who has it can rewrite the log unseen.
    """

    def __init__(self, database: Database, key: bytes, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lanes = Lanes(database, Chain(key))
        self._here = threading.local()
        self._listeners: tuple[Listener, ...] = ()

    def record(
        self, event: Event, *, account_id: UUID | None = None, client_id: str | None = None, **facts: Fact
    ) -> None:
        """Append an event: with the thread's open transaction if there is one, else in its own.

        Inside a transaction it stands exactly when that transaction commits.

        Args:
            account_id: the account it concerns, not the one who acted.
            facts: names from ``FACTS``; never a secret, a token or a personal number.

        Raises:
            UnfitFact: such a fact; nothing is recorded.
            Unavailable: the database is silent. Inside a transaction, raised where that commits.
        """
        entry = self._entry(event, account_id, client_id, facts)
        if self._database.in_transaction:
            self._join(entry)
        elif (head := self._lanes.append_alone(_record(entry))) is not None:
            self.committed(head, [entry])
        else:
            self._database.atomically(lambda: self._join(entry))

    def record_with(
        self,
        statement: Prepared,
        values: dict[str, Any],
        event: Event,
        *,
        account_id: UUID | None = None,
        client_id: str | None = None,
        **facts: Fact,
    ) -> bool:
        """Run an UPDATE of one row, and append an event if it touched that: both or neither.

        With the thread's open transaction if there is one, else in its own: in PostgreSQL one exchange.

        Args:
            values: for the statement; none may be called as a column of the log is.
            account_id, client_id, facts: see ``record``.

        Raises:
            UnfitFact, Unavailable: see ``record``.
        """
        entry = self._entry(event, account_id, client_id, facts)
        is_alone = not self._database.in_transaction
        if is_alone and (head := self._lanes.append_with(statement, values, _record(entry))) is not None:
            self.committed(head, [entry])
            return True
        return self._database.atomically(lambda: self._ran(statement, values, entry))

    def _ran(self, statement: Prepared, values: dict[str, Any], entry: Entry) -> bool:
        if self._database.run(statement, values) != 1:
            return False
        self._join(entry)
        return True

    def _entry(
        self, event: Event, account_id: UUID | None, client_id: str | None, facts: Mapping[str, Fact]
    ) -> Entry:
        for name, value in facts.items():
            _check(name, value)
        return Entry(self._clock().astimezone(UTC), event, account_id, _plain(client_id), facts)

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with each entry once it is committed.

        It runs in the thread that recorded: it must be quick and keep away from the database. What it raises
        is logged and goes no further, for what it was told has happened.
        """
        self._listeners = (*self._listeners, listener)

    def for_account(
        self,
        account_id: UUID,
        limit: int,
        before: datetime | None = None,
        events: Collection[Event] | None = None,
    ) -> list[Entry]:
        """The newest entries that concern an account, newest first; ``before`` is the last one's ``at``.

        Args:
            events: only these; all of them unless told.
        """
        which = {"account": account_id, "before": before or _END_OF_TIME, "most": limit}
        statement = _OF_ACCOUNT if events is None else _OF_ACCOUNT.where(audit_events.c.event.in_(events))
        rows = self._database.all(statement, which)
        return [
            Entry(row.at, row.event, row.account_id, row.client_id, json.loads(row.facts)) for row in rows
        ]

    def _join(self, entry: Entry) -> None:
        with self._database.transaction():
            pending: _Pending | None = getattr(self._here, "pending", None)
            # What a rolled-back transaction left behind belongs to another one.
            if pending is None or pending.transaction is not self._database.this_transaction:
                pending = self._here.pending = _Pending(self, self._database.this_transaction)
                self._database.around_commit(pending.as_guard)
            pending.entries.append(entry)

    def append(self, entries: list[Entry]) -> Head:
        """Write the entries' rows in the open transaction. A lane found lost becomes an entry of its own."""
        self._here.pending = None  # what is recorded from now on, while committing, needs a guard of its own
        while True:
            try:
                return self._lanes.append([_record(entry) for entry in entries])
            except LaneLost as lost:
                facts: dict[str, Fact] = {"lane": lost.lane, "seq": lost.seq}
                now = self._clock().astimezone(UTC)
                entries.append(Entry(now, Event.AUDIT_LANE_LOST, None, None, facts))

    def committed(self, head: Head, entries: list[Entry]) -> None:
        """The rows stand: their lane is free again, and listeners hear of them."""
        self._lanes.give_back(head)
        for entry in entries:
            for listener in self._listeners:
                try:
                    listener(entry)
                except Exception:
                    logging.getLogger(__name__).exception("audit_listener_failed")


class _Pending:
    """The entries of one open transaction, written around its COMMIT."""

    __slots__ = ("_head", "_log", "entries", "transaction")

    def __init__(self, log: AuditLog, transaction: object) -> None:
        self._log = log
        self._head: Head | None = None
        self.transaction = transaction
        self.entries: list[Entry] = []

    def as_guard(self) -> "_Pending":
        return self

    def __enter__(self) -> None:
        self._head = self._log.append(self.entries)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._head is not None:
            self._log.committed(self._head, self.entries)


def _record(entry: Entry) -> Record:
    facts = _write_json(entry.facts) if entry.facts else "{}"
    return Record(entry.at, entry.event, entry.account_id, entry.client_id, facts)


def _check(name: str, value: Fact) -> None:
    if name not in FACTS:
        raise UnfitFact(name)
    if isinstance(value, str):
        if len(value) > LONGEST or _PERSONAL_NUMBER.search(value):
            raise UnfitFact(name)
    elif not (value is None or (isinstance(value, int) and abs(value) < LARGEST)):
        raise UnfitFact(name)


def _plain(client_id: str | None) -> str | None:
    """A client id that any database can store: one nobody registered may hold anything."""
    if client_id is None:
        return None
    if len(client_id) <= CLIENT_ID_LENGTH and client_id.isascii() and client_id.isprintable():
        return client_id
    return ascii(client_id)[1:-1][:CLIENT_ID_LENGTH]
