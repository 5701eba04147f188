"""An event stands exactly when its transaction stands, and says no more than it may."""

# ruff: noqa: PT012  (what is to raise is a transaction, and that is a block of statements)

import logging
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from idp.audit.events import Event
from idp.audit.lanes import audit_lanes
from idp.audit.log import AuditLog, UnfitFact
from idp.audit.verify import count, verify
from idp.kernel.errors import Unavailable
from idp.kernel.ids import new_id

KEY = b"a key of the audit log, 32 bytes"


def events_of(log, account_id):
    return [entry.event for entry in log.for_account(account_id, 100)]


def lanes(database):
    return len(database.all(audit_lanes.select())) - 1


def test_an_event_is_remembered_as_it_was_told(any_database, log, clock):
    account = new_id()

    log.record(
        Event.TOKEN_ISSUED, account_id=account, client_id="portal", scope="openid", count=2, is_new=True
    )

    (entry,) = log.for_account(account, 10)
    assert (entry.at, entry.event, entry.client_id) == (clock.now, Event.TOKEN_ISSUED, "portal")
    assert entry.facts == {"scope": "openid", "count": 2, "is_new": True}
    assert verify(any_database, KEY).is_intact


def test_an_account_sees_its_own_entries_newest_first_and_page_by_page(log, clock):
    mine, another = new_id(), new_id()
    for event in (Event.ACCOUNT_OPENED, Event.ACCOUNT_ACTIVATED, Event.SIGN_IN_COMPLETED):
        log.record(event, account_id=mine)
        log.record(Event.ACCOUNT_VIEWED, account_id=another)
        clock.advance(timedelta(seconds=1))

    page = log.for_account(mine, 2)
    rest = log.for_account(mine, 2, before=page[-1].at)

    assert [entry.event for entry in page + rest] == [
        "sign_in.completed",
        "account.activated",
        "account.opened",
    ]


def test_events_of_one_transaction_stand_together(any_database, log):
    account = new_id()

    with any_database.transaction():
        log.record(Event.CODE_ISSUED, account_id=account)
        log.record(Event.TOKEN_ISSUED, account_id=account)
        seen_inside = count(any_database)

    assert seen_inside == 0
    assert events_of(log, account) == ["token.issued", "code.issued"]
    assert verify(any_database, KEY).is_intact


def test_a_rollback_leaves_nothing_and_the_chain_whole(any_database, log):
    account = new_id()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), any_database.transaction():
            log.record(Event.TOKEN_REFUSED, account_id=account)
            raise ZeroDivisionError
        log.record(Event.TOKEN_ISSUED, account_id=account)

    assert events_of(log, account) == ["token.issued"] * 2
    assert (verify(any_database, KEY).findings, lanes(any_database)) == ((), 1)


def test_a_transaction_that_postgresql_gave_up_leaves_nothing(postgres_database, clock):
    """The caller swallowed the error of a statement: COMMIT would quietly roll back."""
    log = AuditLog(postgres_database, KEY, clock)

    with pytest.raises((DBAPIError, Unavailable)), postgres_database.transaction() as connection:
        log.record(Event.TOKEN_ISSUED)
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT nothing FROM nowhere")
    log.record(Event.TOKEN_ISSUED)

    assert (count(postgres_database), verify(postgres_database, KEY).findings) == (1, ())


def test_what_cannot_be_recorded_does_not_happen(any_database, log, tamper):
    tamper("CREATE TABLE work (done INTEGER)", "ALTER TABLE audit_events RENAME TO elsewhere")

    with pytest.raises(DBAPIError), any_database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO work VALUES (1)")
        log.record(Event.TOKEN_ISSUED)
    tamper("ALTER TABLE elsewhere RENAME TO audit_events")
    log.record(Event.TOKEN_ISSUED)

    assert any_database.all(text("SELECT done FROM work")) == []
    assert (count(any_database), verify(any_database, KEY).findings) == (1, ())


def test_listeners_hear_of_what_is_committed_and_only_that(any_database, log):
    heard = []
    log.listen(heard.append)

    with pytest.raises(ZeroDivisionError), any_database.transaction():
        log.record(Event.TOKEN_REFUSED)
        raise ZeroDivisionError
    with any_database.transaction():
        log.record(Event.TOKEN_ISSUED, count=1)
        inside = len(heard)

    assert inside == 0
    assert [(entry.event, dict(entry.facts)) for entry in heard] == [("token.issued", {"count": 1})]


def test_a_listener_that_fails_harms_nothing(any_database, log, caplog):
    heard = []
    log.listen(lambda entry: 1 / 0)
    log.listen(heard.append)

    with caplog.at_level(logging.ERROR):
        log.record(Event.TOKEN_ISSUED)

    assert (len(heard), count(any_database)) == (1, 1)
    assert "audit_listener_failed" in caplog.text


@pytest.mark.parametrize(
    "facts",
    [
        {"password": "x"},
        {"code": "123456"},
        {"reason": "001099000001"},
        {"reason": "for 001099000001, again"},
        {"reason": "+84912345678"},
        {"count": 1_099_000_001},
        {"reason": "x" * 401},
        {"count": 1.5},
        {"reason": b"bytes"},
    ],
)
def test_an_unfit_fact_is_refused(any_database, log, facts):
    with pytest.raises(UnfitFact) as refusal:
        log.record(Event.TOKEN_ISSUED, **facts)

    assert refusal.value.name in facts
    assert "0990" not in str(refusal.value)
    assert count(any_database) == 0


@pytest.mark.parametrize(
    "client_id", ["", "máy chủ", "a\x00b", "line\nbreak", "x" * 5000, "\ud800", "' OR 1=1"]
)
def test_any_client_id_can_be_remembered(any_database, log, client_id):
    account = new_id()

    log.record(Event.CLIENT_REFUSED, account_id=account, client_id=client_id, reason="lạ\x00\ud800")

    (entry,) = log.for_account(account, 1)
    assert entry.client_id.isascii()
    assert entry.facts == {"reason": "lạ\x00\ud800"}
    assert verify(any_database, KEY).is_intact


def test_recording_costs_two_statements_a_transaction(any_database, log, statements):
    log.record(Event.TOKEN_ISSUED)
    before = len(statements)

    with any_database.transaction():
        for _ in range(5):
            log.record(Event.TOKEN_ISSUED)

    assert [word.split()[0] for word in statements[before:]] == ["BEGIN", "UPDATE", "INSERT", "COMMIT"]
