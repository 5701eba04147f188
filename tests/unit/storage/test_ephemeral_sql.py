"""What is particular to short-lived state in SQL. The rest: tests/contracts/test_ephemeral.py."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral, Space
from idp.storage.ephemeral_sql import GET, INCREMENT, PUT, REPLACE, TAKE, SqlEphemeral
from tests.conftest import FakeClock, sqlite

MINUTE = timedelta(minutes=1)


def test_what_was_spent_stays_spent_when_the_transaction_rolls_back(
    database: Database, ephemeral: Ephemeral
) -> None:
    ephemeral.put(Space.CODE, "key", b"value", MINUTE)

    with pytest.raises(ZeroDivisionError):
        _take_and_fail(database, ephemeral)

    assert ephemeral.take(Space.CODE, "key") is None


def test_on_postgresql_it_has_connections_of_its_own(postgres_database: Database, clock: FakeClock) -> None:
    store = SqlEphemeral(postgres_database, clock)
    store.put(Space.CODE, "key", b"value", MINUTE)

    with pytest.raises(ZeroDivisionError):
        _take_and_fail(postgres_database, store)

    assert store.take(Space.CODE, "key") is None
    store.close()


def test_no_key_is_stored_as_it_is(tmp_path: Path, clock: FakeClock) -> None:
    database = sqlite(tmp_path / "e.db")
    store = SqlEphemeral(database, clock)

    store.put(Space.CODE, "a-live-secret", b"value", MINUTE)

    store.close()
    database.close()
    assert b"a-live-secret" not in b"".join(path.read_bytes() for path in tmp_path.glob("e.db*"))


def test_it_survives_the_process(tmp_path: Path, clock: FakeClock) -> None:
    for _ in range(2):
        database = sqlite(tmp_path / "e.db")
        store = SqlEphemeral(database, clock)
        count = store.increment(Space.ATTEMPTS, "key", MINUTE)
        store.close()
        database.close()

    assert count == 2


def test_closed_it_opens_again(ephemeral: Ephemeral) -> None:
    ephemeral.put(Space.CODE, "key", b"value", MINUTE)

    ephemeral.close()  # type: ignore[attr-defined]

    assert ephemeral.take(Space.CODE, "key") == b"value"


@pytest.mark.parametrize("statement", [PUT, GET, TAKE, REPLACE, INCREMENT])
def test_every_statement_finds_its_row_by_the_key(postgres_database: Database, statement: str) -> None:
    literal = statement.replace("key = ?", r"key = '\x01'").replace(
        "VALUES (?, ?, 1", r"VALUES ('\x01', NULL, 1"
    )
    literal = (
        literal.replace("VALUES (?", r"VALUES ('\x01'").replace("value = ?", "value = NULL").replace("?", "1")
    )
    with postgres_database.transaction() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.exec_driver_sql(f"EXPLAIN {literal}").scalars().all()

    assert "Seq Scan" not in "\n".join(plan)


def _take_and_fail(database: Database, store: Ephemeral) -> None:
    with database.transaction():
        assert store.take(Space.CODE, "key") == b"value"
        raise ZeroDivisionError
