"""SQLAlchemy's engine on SQLite or PostgreSQL, and what differs between the two."""

import select
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

STATEMENT_TIMEOUT_MS = 2500
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
    return engine


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


def _sqlite_preparer(synchronous: str) -> Callable[[Any, ConnectionPoolEntry], None]:
    def prepare(raw: Any, _entry: ConnectionPoolEntry) -> None:
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    return prepare
