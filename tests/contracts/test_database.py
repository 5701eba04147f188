"""What Database keeps to: on SQLite and on PostgreSQL."""

# ruff: noqa: PT012  (what is to raise is a transaction, and that is a block of statements)

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from idp.kernel.errors import Unavailable
from idp.storage.database import CommitGuard, Database, Instant

things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant))

INSERT = insert(things)
COUNT = select(things.c.id)


@pytest.fixture(params=["database", "postgres_database"])
def db(request: pytest.FixtureRequest) -> Database:
    """A database with the table ``things``."""
    db: Database = request.getfixturevalue(request.param)
    with db.transaction() as connection:
        things.create(connection)
    return db


def test_a_statement_on_its_own_is_committed(db: Database) -> None:
    assert db.run(INSERT, {"id": 1}) == 1

    assert db.all(COUNT) == [(1,)]


def test_a_sequence_of_parameters_runs_the_statement_once_for_each(db: Database) -> None:
    db.run(INSERT, [{"id": 1}, {"id": 2}, {"id": 3}])

    assert len(db.all(COUNT)) == 3


def test_run_tells_how_many_rows_it_touched(db: Database) -> None:
    db.run(INSERT, [{"id": 1}, {"id": 2}])

    assert db.run(delete(things)) == 2
    assert db.run(delete(things)) == 0


def test_first_is_none_where_there_is_none(db: Database) -> None:
    assert db.first(COUNT) is None


def test_first_reads_what_a_change_returns(db: Database) -> None:
    row = db.first(INSERT.returning(things.c.id), {"id": 7})

    assert row == (7,)
    assert db.all(COUNT) == [(7,)]


def test_a_transaction_is_all(db: Database) -> None:
    with db.transaction():
        db.run(INSERT, {"id": 1})
        db.run(INSERT, {"id": 2})

    assert len(db.all(COUNT)) == 2


def test_a_transaction_is_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.run(INSERT, {"id": 1})
        raise ZeroDivisionError

    assert db.all(COUNT) == []
    assert not db.in_transaction


def test_a_broken_rule_rolls_all_back_and_leaves_the_database_usable(db: Database) -> None:
    with pytest.raises(IntegrityError), db.transaction():
        db.run(INSERT, {"id": 1})
        db.run(INSERT, {"id": 1})

    assert db.run(INSERT, {"id": 1}) == 1


def test_an_inner_transaction_joins_the_outer(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        with db.transaction():
            db.run(INSERT, {"id": 1})
        db.atomically(lambda: db.run(INSERT, {"id": 2}))
        raise ZeroDivisionError

    assert db.all(COUNT) == []


def test_others_do_not_see_what_is_not_committed(db: Database) -> None:
    with ThreadPoolExecutor(1) as other, db.transaction():
        db.run(INSERT, {"id": 1})

        assert db.all(COUNT) == [(1,)]
        assert other.submit(db.all, COUNT).result() == []
        assert not other.submit(lambda: db.in_transaction).result()


def test_work_is_repeated_when_another_got_in_between(db: Database) -> None:
    turns = []

    def work() -> int:
        turns.append(db.run(INSERT, {"id": 1}))
        if len(turns) < 3:
            raise OperationalError("", {}, _Conflict())
        return len(turns)

    assert db.atomically(work) == 3
    assert db.all(COUNT) == [(1,)]


def test_work_is_given_up_after_three_attempts(db: Database) -> None:
    turns = []

    def work() -> None:
        turns.append(1)
        raise OperationalError("", {}, _Conflict())

    with pytest.raises(Unavailable):
        db.atomically(work)

    assert len(turns) == 3


def test_two_that_lock_each_other_out_both_get_through(postgres_database: Database) -> None:
    db, both_hold_one = postgres_database, threading.Barrier(2)
    with db.transaction() as connection:
        things.create(connection)
    db.run(INSERT, [{"id": 1}, {"id": 2}])
    touch = update(things).where(things.c.id == bindparam("which")).values(at=datetime.now(UTC))

    def touch_both(first: int, second: int) -> None:
        first_time = [both_hold_one]

        def work() -> None:
            db.run(touch, {"which": first})
            while first_time:
                first_time.pop().wait(5)
            db.run(touch, {"which": second})

        db.atomically(work)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(touch_both, 1, 2), threads.submit(touch_both, 2, 1)]:
            done.result()


def test_many_writers_all_get_their_turn(db: Database) -> None:
    def add(number: int) -> None:
        with db.transaction():
            db.run(INSERT, {"id": number})

    with ThreadPoolExecutor(24) as threads:
        list(threads.map(add, range(96)))

    assert len(db.all(COUNT)) == 96


def test_guards_are_entered_around_the_commit(db: Database) -> None:
    seen: list[object] = []

    with db.transaction():
        db.around_commit(_noting(seen, db))
        seen.append("work")

    assert seen == ["work", "before", "after"]
    assert db.all(COUNT) == [(99,)], "a guard may still change things"


def test_guards_are_not_entered_when_nothing_is_committed(db: Database) -> None:
    seen: list[object] = []

    with pytest.raises(ZeroDivisionError), db.transaction():
        db.around_commit(_noting(seen, db))
        raise ZeroDivisionError

    assert seen == []


def test_a_guard_that_fails_rolls_back(db: Database) -> None:
    @contextmanager
    def refuse() -> Iterator[None]:
        raise ZeroDivisionError
        yield

    with pytest.raises(ZeroDivisionError), db.transaction():
        db.run(INSERT, {"id": 1})
        db.around_commit(refuse)

    assert db.all(COUNT) == []


def test_a_guard_sees_the_commit_fail(postgres_database: Database) -> None:
    db, seen = postgres_database, list[object]()
    deferred = "CREATE TABLE deferred (id int, CONSTRAINT once UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)"
    db.run(text(deferred))

    with pytest.raises(IntegrityError), db.transaction():
        db.run(text("INSERT INTO deferred VALUES (1), (1)"))
        db.around_commit(_noting(seen))

    assert seen == ["before", IntegrityError]


def test_an_instant_comes_back_aware_in_utc_and_to_the_microsecond(db: Database) -> None:
    hanoi = datetime(2026, 11, 2, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=7)))

    db.run(INSERT, [{"id": 1, "at": hanoi}, {"id": 2, "at": None}])

    rows = db.all(select(things.c.at).order_by(things.c.id))
    assert rows == [(hanoi,), (None,)]
    assert rows[0].at.tzinfo == UTC or rows[0].at.utcoffset() == timedelta(0)


class _Conflict(Exception):
    sqlstate = "40001"


def _noting(seen: list[object], db: Database | None = None) -> CommitGuard:
    @contextmanager
    def guard() -> Iterator[None]:
        seen.append("before")
        if db is not None:
            db.run(INSERT, {"id": 99})
        try:
            yield
        except Exception as error:
            seen.append(type(error))
            raise
        seen.append("after")

    return guard


def test_connection_put_back_serves_the_next_thread(database):
    database.first(text("SELECT 1"))
    mine = database._here.connection
    database.put_back()
    taken = []

    def other():
        database.first(text("SELECT 1"))
        taken.append(database._here.connection)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(10)

    assert taken == [mine]
    assert database._here.connection is None
