"""The database: SQLite or PostgreSQL, one connection and at most one transaction for each thread."""

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, DateTime, Dialect, Executable, MetaData, TypeDecorator
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from idp.kernel.errors import Unavailable
from idp.storage.engine import RETRYABLE, STATEMENT_TIMEOUT_MS, is_closed, is_passing, make_engine, sqlstate
from idp.storage.instant import SqliteInstant
from idp.storage.prepared import Compiled, Prepared

T = TypeVar("T")
Parameters = dict[str, Any] | Sequence[Mapping[str, Any]]
Statement = Executable | Prepared
CommitGuard = Callable[[], AbstractContextManager[None]]

ATTEMPTS = 3

# One name per constraint, so that migrations can name what they change.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware moment, in UTC when it comes back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(SqliteInstant())  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime(timezone=True))


class _Here(threading.local):
    """What one thread holds: its connection, the driver's own beneath with a cursor, its open transaction."""

    connection: Connection | None = None
    raw: Any = None
    cursor: Any = None
    is_open: bool = False
    guards: list[CommitGuard]
    transaction: object = None


class Database:
    """Runs statements, inside the thread's open transaction or on their own.

    Those of sign-ins and tokens are ``Prepared``; the others go through SQLAlchemy, in the same transactions.

    Raises:
        Unavailable: the server is gone, out of connections, or past its time limit.
    """

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        """Open nothing yet.

        Args:
            url: ``sqlite:///path`` or ``postgresql+psycopg://...``.
            synchronous: when SQLite waits for the disk. ``FULL``: what was answered survives a power cut,
                not only a crash of the process; ``NORMAL`` for what may be forgotten by a power cut.
        """
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = make_engine(url, synchronous)
        self._here = _Here()
        self._held: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._spare: deque[tuple[Connection, Any, Any]] = deque()
        self._writing = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing. Inside another transaction it joins that one."""
        here = self._here
        if here.is_open:
            yield self._connection()
            return
        with self._translated(), self._turn_to_write():
            connection = self._connection()
            self._say("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            here.is_open, here.guards, here.transaction = True, [], object()
            try:
                yield connection
                with ExitStack() as stack:
                    for guard in here.guards:
                        stack.enter_context(guard())
                    self._say("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            finally:
                here.is_open = False

    @property
    def in_transaction(self) -> bool:
        return self._here.is_open

    @property
    def this_transaction(self) -> object:
        """Stands for the thread's open transaction, or its last: another object for each."""
        return self._here.transaction

    def around_commit(self, guard: CommitGuard) -> None:
        """Enter ``guard()`` just before this transaction's COMMIT and leave it just after.

        It may still execute statements of the transaction; an error from COMMIT passes through it.
        """
        self._here.guards.append(guard)

    def atomically(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a transaction, again when the server says that another got in between.

        Inside another transaction it joins that one, and leaves the repetition to it.
        """
        if self.in_transaction:
            return work()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.transaction():
                    return work()
            except Unavailable as error:
                if attempt == ATTEMPTS or sqlstate(error.__cause__) not in RETRYABLE:
                    raise
        raise AssertionError("unreachable")

    def first(self, statement: Statement, parameters: Parameters | None = None) -> Any | None:
        """The first row a statement gives (SELECT, or any with RETURNING), or ``None``."""
        if isinstance(statement, Prepared):
            rows = self._run_prepared(statement, parameters or {}, _read)
            return rows[0] if rows else None
        return self._run(statement, parameters, lambda result: result.first())

    def all(self, statement: Statement, parameters: Parameters | None = None) -> Sequence[Any]:
        """Every row a statement gives."""
        if isinstance(statement, Prepared):
            return self._run_prepared(statement, parameters or {}, _read)
        return self._run(statement, parameters, lambda result: result.all())

    def run(self, statement: Statement, parameters: Parameters | None = None) -> int:
        """How many rows a statement touched; a sequence of parameters runs it once for each."""
        if isinstance(statement, Prepared):
            return self._run_prepared(statement, parameters or {}, _count)
        return self._run(statement, parameters, lambda result: result.rowcount)

    def put_back(self) -> None:
        """Leave the thread's connection to whichever thread needs one next. Not inside a transaction."""
        if (connection := self._here.connection) is not None:
            self._spare.append((connection, self._here.raw, self._here.cursor))
            self._here.connection = self._here.raw = self._here.cursor = None

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in list(self._held):
            connection.close()
        self._here, self._spare = _Here(), deque()
        self.engine.dispose()

    def _run(
        self, statement: Executable, parameters: Parameters | None, read: Callable[[CursorResult[Any]], T]
    ) -> T:
        """In the open transaction, else on its own and committed by itself."""
        if self._here.is_open:
            return read(self._connection().execute(statement, parameters))
        with self._translated(), self._turn_to_write(statement.is_dml):
            return read(self._connection().execute(statement, parameters))

    def _run_prepared(
        self, statement: Prepared, parameters: Parameters, read: Callable[[Any, Compiled], T]
    ) -> T:
        if self._here.is_open:
            return self._hand_over(statement, parameters, read)
        try:
            if statement.is_write:
                with self._turn_to_write():
                    return self._hand_over(statement, parameters, read)
            return self._hand_over(statement, parameters, read)
        except DBAPIError as error:
            if is_passing(error):
                raise Unavailable("database") from error
            raise

    def _hand_over(
        self, statement: Prepared, parameters: Parameters, read: Callable[[Any, Compiled], T]
    ) -> T:
        """To the driver, without SQLAlchemy in between."""
        self._connection()
        cursor = self._here.cursor
        try:
            if isinstance(parameters, dict):
                compiled = statement.compiled(self.engine.dialect, frozenset(parameters))
                self._announce(cursor, compiled.sql)
                cursor.execute(compiled.sql, compiled.bound(parameters))
            else:
                compiled = statement.compiled(self.engine.dialect, frozenset(parameters[0]))
                self._announce(cursor, compiled.sql)
                cursor.executemany(compiled.sql, [compiled.bound(each) for each in parameters])
            return read(cursor, compiled)
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise self._named(error) from error

    def _connection(self) -> Connection:
        """The thread's own: taken up or opened at its first statement, and anew once the server has gone."""
        here = self._here
        if here.connection is None and self._spare:
            with suppress(IndexError):  # another thread was first
                here.connection, here.raw, here.cursor = self._spare.pop()
        connection = here.connection
        if connection is not None and (here.is_open or self._is_alive(connection)):
            return connection
        if connection is not None:
            connection.invalidate()
            connection.close()
            here.connection = None
        here.connection = self.engine.connect()
        raw: Any = here.connection.connection.dbapi_connection
        here.raw, here.cursor = raw, raw.cursor()
        self._held.add(here.connection)
        return here.connection

    def _is_alive(self, connection: Connection) -> bool:
        is_open = not connection.closed and not connection.invalidated
        return is_open and (self.is_sqlite or not is_closed(self._here.raw))

    def _say(self, word: str) -> None:
        """BEGIN or COMMIT."""
        self._announce(None, word)
        try:
            self._here.cursor.execute(word)
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise self._named(error) from error

    def _announce(self, cursor: Any, sql: str) -> None:
        """Tell who listens to the engine: they hear of every statement, by whichever way it goes."""
        for listener in self.engine.dispatch.before_cursor_execute:
            listener(self._here.connection, cursor, sql, (), None, False)

    def _roll_back(self) -> None:
        here = self._here
        try:
            here.raw.execute("ROLLBACK")
        except self.engine.dialect.loaded_dbapi.Error:
            if here.connection is not None:  # the server is gone, and the transaction with it
                here.connection.invalidate()

    @contextmanager
    def _turn_to_write(self, is_write: bool = True) -> Iterator[None]:
        """In SQLite, one writer at a time: our lock wakes the next at once, SQLite lets it sleep and look."""
        if self._writing is None or not is_write:
            yield
            return
        if not self._writing.acquire(timeout=STATEMENT_TIMEOUT_MS / 1000):
            raise Unavailable("database")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if is_passing(error):
                raise Unavailable("database") from error
            raise

    def _named(self, error: Exception) -> DBAPIError:
        """A driver's error by SQLAlchemy's name for it."""
        dialect = self.engine.dialect
        named: Any = DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        )
        return named  # type: ignore[no-any-return]


def _read(cursor: Any, compiled: Compiled) -> list[Any]:
    return compiled.read(cursor.fetchall())


def _count(cursor: Any, _compiled: Compiled) -> int:
    return int(cursor.rowcount)
