"""Every lane stays whole, whoever writes beside it and whatever ends them."""

# ruff: noqa: PT012  (what is to raise is a transaction, and that is a block of statements)

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.audit.verify import count, verify
from idp.kernel.errors import Corrupt, Unavailable
from idp.kernel.ids import new_id

KEY = b"a key of the audit log, 32 bytes"
WRITER = Path(__file__).with_name("writer.py")
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_commit_that_fails_leaves_the_chain_whole_either_way(any_database, log, is_committed):
    """The connection broke at COMMIT: the server may have done it, or not."""
    log.record(Event.TOKEN_ISSUED)
    heard = []
    log.listen(heard.append)

    with pytest.raises(Unavailable), any_database.transaction():
        log.record(Event.TOKEN_ISSUED)
        say, any_database._say = any_database._say, breaking_at_commit(any_database._say, is_committed)
    any_database._say = say
    told = len(heard)
    log.record(Event.TOKEN_ISSUED)

    assert told == 0
    assert (count(any_database), verify(any_database, KEY).findings) == (2 + is_committed, ())


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_lone_row_whose_fate_is_unknown_leaves_the_chain_whole(
    postgres_database, log_of, answer_lost, is_committed
):
    """The connection broke at the one statement: the server may have run it, or not."""
    log = log_of(postgres_database)
    log.record(Event.TOKEN_ISSUED)
    heard = []
    log.listen(heard.append)
    with answer_lost(postgres_database, is_committed=is_committed):
        log.record(Event.TOKEN_ISSUED)
    log.record(Event.TOKEN_ISSUED)

    assert len(heard) == 1
    assert (count(postgres_database), verify(postgres_database, KEY).findings) == (2 + is_committed, ())


def test_a_lone_row_is_one_statement_in_postgresql(postgres_database, log_of):
    log, heard = log_of(postgres_database), []
    log.record(Event.TOKEN_ISSUED)

    def hear(_connection, _cursor, sql, *_):
        heard.append(sql)

    event.listen(postgres_database.engine, "before_cursor_execute", hear)
    log.record(Event.TOKEN_ISSUED)
    event.remove(postgres_database.engine, "before_cursor_execute", hear)

    assert len(heard) == 1
    assert (count(postgres_database), verify(postgres_database, KEY).findings) == (2, ())


def test_a_guard_that_refuses_the_commit_leaves_the_chain_whole(any_database, log):
    @contextmanager
    def refusing():
        raise Corrupt("no")
        yield

    with pytest.raises(Corrupt), any_database.transaction():
        log.record(Event.TOKEN_ISSUED)
        any_database.around_commit(refusing)
    log.record(Event.TOKEN_ISSUED)

    assert (count(any_database), verify(any_database, KEY).findings) == (1, ())


def test_many_threads_write_at_once(any_database, log):
    accounts = [new_id() for _ in range(8)]

    def write(account):
        for number in range(40):
            with any_database.transaction():
                log.record(Event.TOKEN_ISSUED, account_id=account, count=number)
                log.record(Event.CODE_ISSUED, account_id=account)

    in_threads(write, accounts)

    verdict = verify(any_database, KEY)
    assert (verdict.findings, verdict.rows) == ((), 8 * 40 * 2)
    assert verdict.lanes <= 8
    assert all(len(log.for_account(account, 1000)) == 80 for account in accounts)


def test_verifying_while_others_write_finds_nothing(any_database, log, clock):
    is_over = threading.Event()
    verdicts = []

    def write(number):
        another = AuditLog(any_database, KEY, clock)
        for _ in range(60):
            another.record(Event.TOKEN_ISSUED, count=number)
        if number == 0:
            is_over.set()

    def watch(_):
        verdicts.append(verify(any_database, KEY))
        while not is_over.is_set():
            verdicts.append(verify(any_database, KEY))

    in_threads(lambda number: (watch if number == 9 else write)(number), [0, 1, 2, 9])

    assert [verdict.findings for verdict in verdicts if not verdict.is_intact] == []


def test_two_processes_write_at_once_and_one_is_killed(any_database):
    with start_writer(any_database.url) as first, start_writer(any_database.url) as second:
        told = read_lines(first, 30) + read_lines(second, 30)
        first.kill()
        told += first.stdout.read().count(b"\n") + read_lines(second, 30)
        second.kill()
        told += second.stdout.read().count(b"\n")

    verdict = verify(any_database, KEY)

    assert (verdict.findings, verdict.lanes) == ((), 2)
    # What they were told stands; a commit may have been done whose answer nobody heard.
    assert 2 * told <= verdict.rows <= 2 * (told + 2)


def test_a_forked_child_takes_a_lane_of_its_own(database, clock):
    log = AuditLog(database, KEY, clock)
    log.record(Event.TOKEN_ISSUED)
    database.close()

    child = os.fork()
    if child == 0:
        log.record(Event.CODE_ISSUED)
        os._exit(0)
    os.waitpid(child, 0)
    log.record(Event.TOKEN_ISSUED)

    verdict = verify(database, KEY)
    assert (verdict.findings, verdict.rows, verdict.lanes) == ((), 3, 2)


def test_a_database_put_back_under_a_running_process_is_noted(any_database, log, tamper):
    log.record(Event.TOKEN_ISSUED)
    tables = ("audit_events", "audit_lanes")
    tamper(*(f"CREATE TABLE old_{name} AS SELECT * FROM {name}" for name in tables))
    log.record(Event.TOKEN_ISSUED)
    tamper(*(f"DELETE FROM {name}" for name in tables))
    tamper(*(f"INSERT INTO {name} SELECT * FROM old_{name}" for name in tables))
    heard = []
    log.listen(heard.append)

    log.record(Event.CODE_ISSUED)

    assert [(entry.event, dict(entry.facts)) for entry in heard] == [
        ("code.issued", {}),
        ("audit.lane_lost", {"lane": 1, "seq": 2}),
    ]
    assert (verify(any_database, KEY).findings, count(any_database)) == ((), 3)


def breaking_at_commit(send, is_committed):
    def broken(statement, *parameters):
        if statement != "COMMIT":
            return send(statement, *parameters)
        if is_committed:
            send(statement)
        raise OperationalError(statement, None, Exception("gone"))

    return broken


def in_threads(work, arguments):
    failures = []

    def run(argument):
        try:
            work(argument)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def start_writer(url):
    return subprocess.Popen(
        [sys.executable, WRITER, url, KEY.decode()],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def read_lines(process, lines):
    for _ in range(lines):
        assert process.stdout.readline()
    return lines
