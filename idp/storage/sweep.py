"""Removing what has expired, a little at a time."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import Column, bindparam, delete, select, tuple_

from idp.storage.database import Database
from idp.storage.ephemeral_sql import table

When = TypeVar("When")
SOME_EXPIRED = delete(table).where(
    table.c.key.in_(
        select(table.c.key)
        .where(table.c.expires_at_ms <= bindparam("now_ms"))
        .order_by(table.c.expires_at_ms)
        .limit(bindparam("batch"))
        # Two sweepers, or a sweeper and a sign-in, never wait for each other (PostgreSQL).
        .with_for_update(skip_locked=True)
    )
)


def sweep_rows(database: Database, ended_at: Column[When], before: When, batch: int = 1000) -> int:
    """Remove a table's rows that ended before a time, in transactions of at most ``batch``; how many.

    Args:
        ended_at: the column that says when; rows without it stay. An index on it spares reading the table.
    """
    keys = tuple(ended_at.table.primary_key)
    # Whoever holds a row keeps it until the next sweep: nobody waits (PostgreSQL).
    some = select(*keys).where(ended_at < before).limit(batch).with_for_update(skip_locked=True)
    statement = delete(ended_at.table).where(tuple_(*keys).in_(some))
    removed = 0
    while True:
        touched = database.run(statement)
        removed += touched
        if touched < batch:
            return removed


def sweep(database: Database, now: datetime, batch: int = 1000) -> int:
    """Remove expired short-lived state in transactions of at most ``batch`` rows; how many went.

    ``database`` is the one that ``SqlEphemeral`` was given. Expired rows are never read, so sweeping
    frees room and nothing else. Redis sweeps itself.
    """
    removed = 0
    while True:
        touched = database.run(SOME_EXPIRED, {"now_ms": int(now.timestamp() * 1000), "batch": batch})
        removed += touched
        if touched < batch:
            return removed
