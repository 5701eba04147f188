"""What Database does when the server is gone, slow or busy: Unavailable, and then as before."""

# ruff: noqa: PT012  (what is to raise is a transaction, and that is a block of statements)

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, make_url, select, text

from idp.kernel.errors import Unavailable
from idp.storage.database import Database
from tests.conftest import sqlite
from tests.servers import Postgres

things = Table("things", MetaData(), Column("id", Integer, primary_key=True))

INSERT = insert(things)
COUNT = select(things.c.id)


def test_sqlite_held_by_another_is_unavailable_until_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.storage.database.STATEMENT_TIMEOUT_MS", 50)
    db, intruder = sqlite(tmp_path / "t.db"), sqlite(tmp_path / "t.db")
    with db.transaction() as connection:
        things.create(connection)

    with intruder.transaction():
        assert db.all(COUNT) == [], "readers wait for nobody"
        with pytest.raises(Unavailable):
            db.run(INSERT, {"id": 1})
        with pytest.raises(Unavailable), db.transaction():
            pass

    assert db.run(INSERT, {"id": 1}) == 1
    db.close()
    intruder.close()


def test_a_writer_that_never_ends_makes_the_others_of_its_process_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.storage.database.STATEMENT_TIMEOUT_MS", 50)
    db = sqlite(tmp_path / "t.db")

    with ThreadPoolExecutor(1) as other, db.transaction() as connection:
        things.create(connection)
        with pytest.raises(Unavailable):
            other.submit(db.run, INSERT, {"id": 1}).result()

    assert db.run(INSERT, {"id": 1}) == 1
    db.close()


def test_a_server_without_a_free_connection_is_unavailable(postgres_url: str) -> None:
    owner = Database(postgres_url)
    owner.run(text("DROP ROLE IF EXISTS few"))
    owner.run(text("CREATE ROLE few LOGIN CONNECTION LIMIT 1"))
    db = Database(make_url(postgres_url).set(username="few").render_as_string(hide_password=False))

    with ThreadPoolExecutor(1) as other, db.transaction(), pytest.raises(Unavailable):
        other.submit(db.all, text("SELECT 1")).result()

    assert db.all(text("SELECT 1")) == [(1,)]
    db.close()
    owner.close()


def test_a_slow_statement_is_unavailable(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.storage.engine.STATEMENT_TIMEOUT_MS", 50)
    db = Database(postgres_url)

    with pytest.raises(Unavailable), db.transaction():
        db.all(text("SELECT pg_sleep(5)"))

    assert db.all(text("SELECT 1")) == [(1,)]
    db.close()


def test_a_database_turned_read_only_is_unavailable(postgres_database: Database) -> None:
    db = postgres_database
    with db.transaction() as connection:
        things.create(connection)

    with pytest.raises(Unavailable), db.transaction():
        db.run(text("SET TRANSACTION READ ONLY"))
        db.run(INSERT, {"id": 1})


def test_a_server_that_restarts_between_statements_goes_unnoticed(own_postgres: Postgres) -> None:
    db = Database(own_postgres.url("postgres"))
    with db.transaction() as connection:
        things.create(connection)

    own_postgres.restart()
    db.run(INSERT, {"id": 1})
    own_postgres.kill()
    own_postgres.start()
    with db.transaction():
        db.run(INSERT, {"id": 2})

    assert len(db.all(COUNT)) == 2
    db.close()


def test_a_server_gone_is_unavailable_and_then_serves_again(own_postgres: Postgres) -> None:
    db = Database(own_postgres.url("postgres"))
    with db.transaction() as connection:
        things.create(connection)

    with pytest.raises(Unavailable), db.transaction():
        db.run(INSERT, {"id": 1})
        own_postgres.stop()
        db.run(INSERT, {"id": 2})
    with pytest.raises(Unavailable):
        db.all(COUNT)
    own_postgres.start()

    assert db.all(COUNT) == []
    db.close()


def test_a_server_gone_at_commit_is_unavailable(own_postgres: Postgres) -> None:
    db = Database(own_postgres.url("postgres"))
    with db.transaction() as connection:
        things.create(connection)

    with pytest.raises(Unavailable), db.transaction():
        db.run(INSERT, {"id": 1})
        own_postgres.restart()

    assert db.all(COUNT) == []
    assert not db.in_transaction
    db.close()


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """A cluster that may be stopped."""
    server = Postgres()
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def fresh_things(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing of one test in the next, where they share a cluster."""
    yield
    if "own_postgres" in request.fixturenames:
        request.getfixturevalue("own_postgres").administer("DROP TABLE IF EXISTS things")
