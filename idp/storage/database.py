"""The database: SQLite or PostgreSQL behind SQLAlchemy Core, one transaction at a time per thread."""

import select
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, DateTime, Dialect, Executable, MetaData, Row, create_engine, event
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InternalError,
    InvalidRequestError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from idp.kernel.errors import Unavailable

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
CommitGuard = Callable[[], AbstractContextManager[None]]

STATEMENT_TIMEOUT_MS = 2500
ATTEMPTS = 3
RETRYABLE = ("40001", "40P01")  # SQLSTATE: serialization failure, deadlock
PASSING = ("25006", "25P03")  # read-only, as a standby is; this transaction was left idle too long

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
    """An aware UTC moment. SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=UTC)


class Database:
    """Runs statements, inside the thread's open transaction or on their own.

    Statements on the hot path are module constants with ``bindparam``: SQLAlchemy then costs 14 µs a
    statement instead of 60.

    Raises:
        Unavailable: the server is gone, out of connections, or past its time limit.
    """

    def __init__(self, url: str, *, pool_size: int = 16, synchronous: str = "FULL") -> None:
        """Open nothing yet.

        Args:
            url: ``sqlite:///path`` or ``postgresql+psycopg://...``.
            pool_size: connections at most.
            synchronous: when SQLite waits for the disk. ``FULL``: what was answered survives a power cut,
                not only a crash of the process; ``NORMAL`` for what may be forgotten by a power cut.
        """
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        # Autocommit underneath, with BEGIN spelled out: reads on their own then cost no transaction,
        # and SQLite's writers queue at BEGIN IMMEDIATE instead of failing at their first write.
        self.engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            execution_options={"preserve_rowcount": True},  # or an INSERT of one row does not say
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,  # errors end in logs, and parameters hold people
            pool_timeout=STATEMENT_TIMEOUT_MS / 1000,
            connect_args=_connect_args(self.is_sqlite),
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _sqlite_preparer(synchronous))
        else:
            event.listen(self.engine, "checkout", _pass_over_closed)
        self._open = threading.local()
        self._writing = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing. Inside another transaction it joins that one."""
        open_connection: Connection | None = getattr(self._open, "connection", None)
        if open_connection is not None:
            yield open_connection
            return
        with _translated(), self._turn_to_write(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            self._open.connection, self._open.guards = connection, []
            try:
                yield connection
                with ExitStack() as stack:
                    for guard in self._open.guards:
                        stack.enter_context(guard())
                    connection.exec_driver_sql("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                self._open.connection = None

    @property
    def in_transaction(self) -> bool:
        return getattr(self._open, "connection", None) is not None

    def around_commit(self, guard: CommitGuard) -> None:
        """Enter ``guard()`` just before this transaction's COMMIT and leave it just after.

        It may still execute statements of the transaction; an error from COMMIT passes through it.
        """
        self._open.guards.append(guard)

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
                if attempt == ATTEMPTS or _sqlstate(error.__cause__) not in RETRYABLE:
                    raise
        raise AssertionError("unreachable")

    def first(self, statement: Executable, parameters: Parameters | None = None) -> Row[Any] | None:
        """The first row a statement gives (SELECT, or any with RETURNING), or ``None``."""
        return self._run(statement, parameters, lambda result: result.first())

    def all(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Row[Any]]:
        """Every row a statement gives."""
        return self._run(statement, parameters, lambda result: result.all())

    def run(self, statement: Executable, parameters: Parameters | None = None) -> int:
        """How many rows a statement touched; a sequence of parameters runs it once for each."""
        return self._run(statement, parameters, lambda result: result.rowcount)

    def _run(
        self, statement: Executable, parameters: Parameters | None, read: Callable[[CursorResult[Any]], T]
    ) -> T:
        """In the open transaction, else on its own and committed by itself."""
        open_connection: Connection | None = getattr(self._open, "connection", None)
        if open_connection is not None:
            return read(open_connection.execute(statement, parameters))
        with _translated(), self._turn_to_write(statement.is_dml), self.engine.connect() as connection:
            return read(connection.execute(statement, parameters))

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

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _connect_args(is_sqlite: bool) -> dict[str, Any]:
    if is_sqlite:
        return {"timeout": STATEMENT_TIMEOUT_MS / 1000, "check_same_thread": False}
    return {
        "connect_timeout": 3,
        # A host that vanished without a word is given up after 5 s, not after two hours.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 5000,
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={STATEMENT_TIMEOUT_MS} "
        "-c idle_in_transaction_session_timeout=15000 -c timezone=UTC",
    }


def _sqlite_preparer(synchronous: str) -> Callable[[Any, ConnectionPoolEntry], None]:
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return prepare


def _pass_over_closed(connection: Any, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Refuse a pooled connection that the server has closed since, so that the pool opens another.

    An idle server has nothing to say: when there is something to read, it is the farewell. Looking costs
    a microsecond, asking (``pool_pre_ping``) a round trip.
    """
    if connection.closed:
        raise DisconnectionError
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError


def _roll_back(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("ROLLBACK")
    except (DBAPIError, InvalidRequestError):
        connection.invalidate()  # the server is gone, and the transaction with it


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise  # SQLite's word for a mistake in the statement
        raise Unavailable("database") from error
    except InternalError as error:
        if _sqlstate(error) not in PASSING:
            raise
        raise Unavailable("database") from error


def _sqlstate(error: BaseException | None) -> str | None:
    """The five characters in which PostgreSQL says what went wrong."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)
