"""Short-lived state in SQLite or PostgreSQL, one statement an operation."""

from datetime import timedelta

from sqlalchemy import BigInteger, Column, LargeBinary, Table

from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.storage.connections import Connections
from idp.storage.database import Database, metadata
from idp.storage.ephemeral import Entry, Space

# A counter is a row without a value, its sum kept as the version. Times are milliseconds since 1970:
# a third of an operation would go into turning datetimes into text.
table = Table(
    "ephemeral",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("value", LargeBinary, nullable=True),
    Column("version", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False, index=True),
)

PUT = """
    INSERT INTO ephemeral (key, value, version, expires_at_ms) VALUES (?, ?, 1, ?)
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, version = 1, expires_at_ms = excluded.expires_at_ms"""
GET = "SELECT value, version FROM ephemeral WHERE key = ? AND expires_at_ms > ?"
TAKE = "DELETE FROM ephemeral WHERE key = ? RETURNING value, version, expires_at_ms"
REPLACE = """
    UPDATE ephemeral SET value = ?, version = version + 1, expires_at_ms = ?
    WHERE key = ? AND version = ? AND expires_at_ms > ? RETURNING version"""
INCREMENT = """
    INSERT INTO ephemeral (key, value, version, expires_at_ms) VALUES (?, NULL, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        value = NULL,
        version = excluded.version
            + CASE WHEN ephemeral.expires_at_ms > ? THEN ephemeral.version ELSE 0 END,
        expires_at_ms =
            CASE WHEN ephemeral.expires_at_ms > ? THEN ephemeral.expires_at_ms ELSE excluded.expires_at_ms END
    RETURNING version"""


class SqlEphemeral:
    """``Ephemeral`` in the table ``ephemeral``, over connections of its own.

    What is spent here stays spent when the thread's transaction on the main database rolls back, and no
    operation waits for that transaction. SQLite has one writer a file, so there give it a file of its own;
    the table is made in it when missing. In PostgreSQL the table comes from the migrations.

    Raises:
        Unavailable: the server is gone, or past its time limit.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        if database.is_sqlite:
            with database.transaction() as connection:
                table.create(connection, checkfirst=True)
        self._connections = Connections(database)

    def put(self, space: Space, key: str, value: bytes, ttl: timedelta) -> None:
        self._connections.run(PUT, (_key(space, key), value, self._now() + _ms(ttl)))

    def get(self, space: Space, key: str) -> Entry | None:
        rows = self._connections.run(GET, (_key(space, key), self._now()))
        return Entry(_value(*rows[0]), rows[0][1]) if rows else None

    def take(self, space: Space, key: str) -> bytes | None:
        rows = self._connections.run(TAKE, (_key(space, key),))
        if not rows:
            return None
        value, version, expires_at = rows[0]
        return _value(value, version) if expires_at > self._now() else None

    def replace(self, space: Space, key: str, value: bytes, version: int, ttl: timedelta) -> bool:
        now = self._now()
        rows = self._connections.run(REPLACE, (value, now + _ms(ttl), _key(space, key), version, now))
        return bool(rows)

    def increment(self, space: Space, key: str, ttl: timedelta, by: int = 1) -> int:
        now = self._now()
        rows = self._connections.run(INCREMENT, (_key(space, key), by, now + _ms(ttl), now, now))
        return int(rows[0][0])

    def close(self) -> None:
        """Close the connections; the next operation opens new ones."""
        self._connections.close()

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _key(space: Space, key: str) -> bytes:
    return digest(f"{space}\0{key}")


def _value(value: bytes | None, version: int) -> bytes:
    return b"%d" % version if value is None else value


def _ms(ttl: timedelta) -> int:
    return int(ttl.total_seconds() * 1000)
