"""What an UPDATE changes and the row that tells of it stand together, or neither does."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, func, insert, select, update

from idp.audit.events import Event
from idp.audit.lanes import audit_events
from idp.audit.verify import count, verify
from idp.storage.prepared import Prepared

KEY = b"a key of the audit log, 32 bytes"
things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("state", Integer))
SWAP = Prepared(
    update(things).where(things.c.id == 1, things.c.state == bindparam("old")).values(state=bindparam("new"))
)


@pytest.fixture
def thing(any_database):
    """A row in state 0; gives the state that it is in."""
    with any_database.transaction() as connection:
        things.create(connection)
    any_database.run(insert(things), {"id": 1, "state": 0})
    return lambda: any_database.first(select(things.c.state)).state


def told(database):
    return [row.event for row in database.all(select(audit_events.c.event).order_by(audit_events.c.seq))]


def swap(log, old, new):
    return log.record_with(SWAP, {"old": old, "new": new}, Event.TOKEN_REFRESHED, client_id="portal")


def test_a_row_that_is_touched_is_told_of(any_database, log, thing):
    heard = []
    log.listen(heard.append)
    log.record(Event.TOKEN_ISSUED)

    touched = [swap(log, 0, 1), swap(log, 1, 2)]

    assert touched == [True, True]
    assert thing() == 2
    assert told(any_database) == ["token.issued", "token.refreshed", "token.refreshed"]
    assert [entry.event for entry in heard] == told(any_database)
    assert verify(any_database, KEY).findings == ()


def test_nothing_is_told_where_nothing_was_touched(any_database, log, thing):
    log.record(Event.TOKEN_ISSUED)

    assert not swap(log, 7, 8)
    log.record(Event.TOKEN_ISSUED)

    assert (thing(), told(any_database)) == (0, ["token.issued"] * 2)
    assert verify(any_database, KEY).findings == ()


def test_both_are_one_statement_in_postgresql(any_database, log, thing, statements):
    log.record(Event.TOKEN_ISSUED)
    any_database.run(SWAP, {"old": 0, "new": 1})  # compiled before, by itself
    statements.clear()

    swap(log, 1, 2)

    assert len(statements) == (5 if any_database.is_sqlite else 1)
    assert thing() == 2


def test_neither_stands_where_a_transaction_does_not(any_database, log, thing):
    log.record(Event.TOKEN_ISSUED)

    with suppress(ZeroDivisionError), any_database.transaction():
        assert swap(log, 0, 1)
        raise ZeroDivisionError

    assert (thing(), count(any_database)) == (0, 1)


def test_a_lane_that_somebody_else_moved_takes_nothing_away(any_database, log, thing, tamper):
    """As after a backup was restored: the lane is given up, and another takes what was to be written."""
    log.record(Event.TOKEN_ISSUED)
    tamper("UPDATE audit_lanes SET seq = seq + 5 WHERE lane = 1")

    assert swap(log, 0, 1)

    assert thing() == 1
    events = any_database.all(
        select(audit_events.c.lane, audit_events.c.event).where(audit_events.c.lane > 1)
    )
    assert sorted(row.event for row in events) == ["audit.lane_lost", "token.refreshed"]


@pytest.mark.parametrize("any_database", ["postgres_database"], indirect=True)
@pytest.mark.parametrize("is_committed", [True, False])
def test_of_a_statement_whose_fate_is_unknown_both_stand_or_neither(
    any_database, log, thing, answer_lost, is_committed
):
    log.record(Event.TOKEN_ISSUED)
    with answer_lost(any_database, is_committed=is_committed):
        swap(log, 0, 1)
    log.record(Event.TOKEN_ISSUED)

    assert (thing(), count(any_database)) == (int(is_committed), 2 + is_committed)
    assert verify(any_database, KEY).findings == ()


def test_of_many_at_once_one_touches_and_is_told_of(any_database, log, thing):
    for _ in range(3):
        log.record(Event.TOKEN_ISSUED)
    before, touched = count(any_database), []
    start = threading.Barrier(6)

    def work():
        start.wait()
        touched.append(swap(log, 0, 1))
        any_database.put_back()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (touched.count(True), thing()) == (1, 1)
    assert any_database.first(select(func.count()).select_from(audit_events))[0] == before + 1
    assert verify(any_database, KEY).findings == ()
