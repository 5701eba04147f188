"""Bare connections: bounded, tried again where that helps, and closed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from idp.kernel.errors import Unavailable
from idp.storage.connections import POSTGRES_CONNECTIONS, Connections
from idp.storage.database import Database

CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_statements_commit_by_themselves(database: Database) -> None:
    connections = Connections(database)
    connections.run("CREATE TABLE t (id INTEGER)", ())

    assert connections.run("INSERT INTO t VALUES (?)", (1,)) == []
    assert database.all(text("SELECT id FROM t")) == [(1,)]
    connections.close()


def test_a_broken_statement_leaves_no_broken_connection(postgres_database: Database) -> None:
    connections = Connections(postgres_database)

    with pytest.raises(Unavailable):
        connections.run("SELECT 1 / ?", (0,))

    assert connections.run("SELECT 1", ()) == [(1,)]
    connections.close()


def test_connections_are_shared_and_bounded(postgres_database: Database) -> None:
    connections = Connections(postgres_database)

    with ThreadPoolExecutor(40) as threads:
        list(threads.map(lambda _: connections.run("SELECT pg_sleep(0.005)", ()), range(120)))

    open_ones = postgres_database.first(text(CONNECTED))
    assert open_ones is not None
    assert 1 <= open_ones[0] <= POSTGRES_CONNECTIONS
    connections.close()


def test_a_connection_that_was_cut_is_replaced(postgres_database: Database) -> None:
    connections = Connections(postgres_database)
    connections.run("SELECT 1", ())

    postgres_database.all(
        text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
             " AND datname = current_database()")
    )  # fmt: skip

    assert connections.run("SELECT 1", ()) == [(1,)]
    connections.close()


def test_nobody_waits_forever_for_a_connection(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.storage.connections.POSTGRES_CONNECTIONS", 1)
    monkeypatch.setattr("idp.storage.connections.STATEMENT_TIMEOUT_MS", 20)
    connections = Connections(postgres_database)

    with ThreadPoolExecutor(1) as other:
        sleeping = other.submit(connections.run, "SELECT pg_sleep(0.5)", ())
        while connections._free._value:
            pass
        with pytest.raises(Unavailable):
            connections.run("SELECT 1", ())
        sleeping.result()

    connections.close()
