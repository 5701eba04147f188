"""Sweeping removes what has expired, in bounded transactions, and nothing else."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, insert, select, text

from idp.oidc.clients.invitations import invitations
from idp.storage.database import Database
from idp.storage.ephemeral_sql import table
from idp.storage.sweep import SOME_EXPIRED, sweep, sweep_rows
from tests.conftest import FakeClock

COUNT = select(func.count()).select_from(table)


@pytest.fixture(params=["database", "postgres_database"])
def db(request: pytest.FixtureRequest) -> Database:
    return request.getfixturevalue(request.param)


def a_row(number: int, clock: FakeClock, lives_on: timedelta) -> dict[str, object]:
    return {
        "key": number.to_bytes(32, "big"),
        "value": b"",
        "version": 1,
        "expires_at_ms": int((clock.now + lives_on).timestamp() * 1000),
    }


def test_only_what_has_expired_goes(db: Database, clock: FakeClock) -> None:
    lives = [timedelta(seconds=seconds) for seconds in (-5, -1, 0, 1, 5)]
    db.run(insert(table), [a_row(number, clock, life) for number, life in enumerate(lives)])

    assert sweep(db, clock.now) == 3
    assert db.first(COUNT) == (2,)


def test_nothing_to_sweep_is_nothing_swept(db: Database, clock: FakeClock) -> None:
    assert sweep(db, clock.now) == 0


@pytest.mark.parametrize("rows", [9, 10, 11])
def test_a_batch_is_never_larger_than_it_may_be(db: Database, clock: FakeClock, rows: int) -> None:
    db.run(insert(table), [a_row(number, clock, timedelta(-1)) for number in range(rows)])
    batches: list[int] = []
    event.listen(db.engine, "after_cursor_execute", lambda *call: batches.append(call[1].rowcount))

    assert sweep(db, clock.now, batch=5) == rows
    assert max(batches) == 5
    assert db.first(COUNT) == (0,)


def an_invitation(number: int, expires_at: datetime) -> dict[str, object]:
    one = {"token_hash": number.to_bytes(32, "big"), "scope": [], "uses_left": 1}
    return {**one, "created_at": expires_at, "expires_at": expires_at}


def test_rows_of_any_table_go_in_batches_and_only_those_that_ended_before(
    db: Database, clock: FakeClock
) -> None:
    ended = [an_invitation(number, clock.now - timedelta(seconds=1)) for number in range(11)]
    left = [an_invitation(100 + number, clock.now + timedelta(seconds=number)) for number in range(3)]
    db.run(insert(invitations), ended + left)
    batches: list[int] = []
    event.listen(db.engine, "after_cursor_execute", lambda *call: batches.append(call[1].rowcount))

    assert sweep_rows(db, invitations.c.expires_at, clock.now, batch=5) == 11
    assert max(batches) == 5
    assert db.first(select(func.count()).select_from(invitations)) == (3,)


def test_sweepers_do_not_wait_for_each_other(postgres_database: Database, clock: FakeClock) -> None:
    db = postgres_database
    db.run(insert(table), [a_row(number, clock, timedelta(-1)) for number in range(10)])
    other = Database(db.url)

    with other.transaction():
        other.run(SOME_EXPIRED, {"now_ms": int(clock.now.timestamp() * 1000), "batch": 4})
        assert sweep(db, clock.now) == 6

    other.close()


def test_no_table_is_read_from_end_to_end(postgres_database: Database, clock: FakeClock) -> None:
    db = postgres_database
    db.run(insert(table), [a_row(number, clock, timedelta(number - 50)) for number in range(5000)])
    db.run(text("ANALYZE ephemeral"))
    query = str(SOME_EXPIRED.compile(db.engine, compile_kwargs={"render_postcompile": True}))

    with db.transaction() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN {query}", {"now_ms": 0, "batch": 5}).scalars().all()

    assert "ix_ephemeral_expires_at_ms" in "\n".join(plan)
