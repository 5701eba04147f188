"""Bare driver connections for the shortest statements, where SQLAlchemy would cost more than the database."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from idp.kernel.errors import Unavailable
from idp.storage.database import ATTEMPTS, Database
from idp.storage.engine import RETRYABLE, STATEMENT_TIMEOUT_MS, Silent

POSTGRES_CONNECTIONS = 16

Rows = list[tuple[Any, ...]]
Run = Callable[[str, tuple[Any, ...]], Rows]


class _Again(Exception):
    """The statement failed for a reason that may be gone the next time."""


class Connections:
    """Runs one statement at a time, each its own transaction, apart from any transaction of ``Database``.

    Written with ``?`` for parameters. Only for statements that may run twice: when a connection breaks,
    the statement is tried on a new one, though the server may have run it before it broke.

    In SQLite there is one connection: writers of one process queue at our lock, which wakes the next one
    at once, instead of in SQLite's sleeps.
    """

    def __init__(self, database: Database) -> None:
        self._dialect = database.engine.dialect
        self._pool = database.engine.pool.recreate()
        self._is_sqlite = database.is_sqlite
        self._free = threading.Semaphore(1 if database.is_sqlite else POSTGRES_CONNECTIONS)
        self._idle: deque[tuple[Any, Run]] = deque()

    def run(self, statement: str, parameters: tuple[Any, ...]) -> Rows:
        """Every row the statement gives; none for one that gives no rows.

        Raises:
            Unavailable: the server is gone, out of connections, or past its time limit.
        """
        if not self._free.acquire(timeout=STATEMENT_TIMEOUT_MS / 1000):
            raise Unavailable("database")
        try:
            for _ in range(ATTEMPTS - 1):
                with suppress(_Again):
                    return self._run_once(statement, parameters)
            return self._run_once(statement, parameters)
        except (_Again, self._dialect.loaded_dbapi.Error, DBAPIError, PoolTimeout) as error:
            raise Unavailable("database") from error
        finally:
            self._free.release()

    def close(self) -> None:
        """Close the connections nobody is using."""
        while self._idle:
            with suppress(IndexError):  # another thread was first
                self._idle.pop()[0].close()

    def _run_once(self, statement: str, parameters: tuple[Any, ...]) -> Rows:
        try:
            connection, run = self._idle.pop()
        except IndexError:
            connection, run = self._open()
        try:
            rows = run(statement, parameters)
        except self._dialect.loaded_dbapi.Error as error:
            is_worth_another_try = self._is_worth_another_try(error, connection)
            connection.close()
            if is_worth_another_try:
                raise _Again from error
            raise
        except BaseException:
            connection.close()  # in the middle of something
            raise
        self._idle.append((connection, run))
        return rows

    def _open(self) -> tuple[Any, Run]:
        pooled = self._pool.connect()
        connection: Any = pooled.dbapi_connection
        pooled.detach()
        return connection, _sqlite_run(connection) if self._is_sqlite else _psycopg_run(connection)

    def _is_worth_another_try(self, error: Exception, connection: Any) -> bool:
        if isinstance(error, Silent):
            return False  # it would be waited for again
        if self._dialect.is_disconnect(error, connection, None):  # type: ignore[arg-type]
            self.close()  # the server went away under all of them
            return True
        return getattr(error, "sqlstate", None) in RETRYABLE


def _sqlite_run(connection: Any) -> Run:
    def run(statement: str, parameters: tuple[Any, ...]) -> Rows:
        # To the end: SQLite commits when the last row has been read.
        rows: Rows = connection.execute(statement, parameters).fetchall()
        return rows

    return run


def _psycopg_run(connection: Any) -> Run:
    cursor = connection.cursor(binary=True)

    def run(statement: str, parameters: tuple[Any, ...]) -> Rows:
        cursor.execute(statement.replace("?", "%b"), parameters, prepare=True)
        rows: Rows = cursor.fetchall() if cursor.description else []
        return rows

    return run
