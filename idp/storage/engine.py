"""SQLAlchemy's engine on SQLite or PostgreSQL, and what differs between the two."""

import select
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

T = TypeVar("T")

STATEMENT_TIMEOUT_MS = 2500
SILENCE_SECONDS = 4.0  # the server itself ends a statement sooner; past this it hangs
RETRYABLE = ("40001", "40P01")  # serialization failure, deadlock (SQLSTATE)
# Internal errors that pass by themselves: a read-only standby, a transaction that idled too long.
PASSING = ("25006", "25P03")


def make_engine(url: str, synchronous: str) -> Engine:
    """An engine without a pool: each thread of a server keeps its own connection.

    Autocommit underneath, with BEGIN spelled out: reads on their own then cost no transaction, and
    SQLite's writers queue at BEGIN IMMEDIATE instead of failing at their first write.
    """
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        execution_options={"preserve_rowcount": True},  # or an INSERT of one row does not say
        hide_parameters=True,  # errors end in logs, and parameters hold people
        poolclass=NullPool,
        connect_args=_connect_args(is_sqlite),
    )
    if is_sqlite:
        event.listen(engine, "connect", _sqlite_preparer(synchronous))
    else:
        event.listen(engine, "do_connect", _impatient)
    return engine


class Silent(psycopg.OperationalError):
    """The server took a statement and said nothing for four seconds."""


class Impatient(psycopg.Connection[Any]):
    """A connection that is closed when the server says nothing: the driver alone would wait for ever."""

    patience: float | None = SILENCE_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.errors._WaitTimeout as error:
            self.close()  # the answer may come yet, and would be taken for another's
            raise Silent from error


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Let a connection's statements take the time they need, as migrations do."""
    raw: Any = connection.connection.dbapi_connection
    if not isinstance(raw, Impatient):
        yield
        return
    raw.patience = None
    try:
        yield
    finally:
        del raw.patience


def is_closed(raw: Any) -> bool:
    """Whether PostgreSQL has closed an idle connection since: it then has a farewell to be read.

    Looking costs a microsecond, asking (``pool_pre_ping``) a round trip.
    """
    if raw.closed:
        return True
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def is_passing(error: DBAPIError) -> bool:
    """Whether the server is at fault and not the statement: worth another try, later."""
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return False  # SQLite's word for a mistake in the statement
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, InternalError) and sqlstate(error) in PASSING


def sqlstate(error: BaseException | None) -> str | None:
    """The five characters in which PostgreSQL says what went wrong."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


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


def _impatient(_dialect: Dialect, _entry: object, words: list[Any], options: dict[str, Any]) -> Any:
    return Impatient.connect(*words, **options)


def _sqlite_preparer(synchronous: str) -> Callable[[Any, ConnectionPoolEntry], None]:
    def prepare(raw: Any, _entry: ConnectionPoolEntry) -> None:
        _write_ahead(raw)
        for pragma in (f"synchronous={synchronous}", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    return prepare


def _write_ahead(raw: Any) -> None:
    """Where somebody else is writing to a new file, SQLite refuses this at once, whatever its time-out."""
    until = time.monotonic() + STATEMENT_TIMEOUT_MS / 1000
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
